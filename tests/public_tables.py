"""Small tables in the form of well-known public ones: their columns, separators and quirks, with made-up values."""

from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple

import numpy as np
import polars as pl


class PublicTable(NamedTuple):
    """A table, and what is to be understood of its columns.

    Args:
        file: the name of its file.
        frame: its samples.
        target: the column to predict, as the command names it.
        write: makes the content of a file of samples.
        options: of the command.
        kind: of the data.
        inputs: the columns that are learned from, each with the texts that become inputs.
        end: what its file has after the samples.
    """

    file: str
    frame: pl.DataFrame
    target: str
    write: Callable[[pl.DataFrame], bytes]
    options: tuple[str, ...]
    kind: str
    inputs: dict[str, list[str]]
    end: bytes = b""


def wine() -> PublicTable:
    """`winequality-red.csv` of UCI: semicolons, names in quotes, points that are classes, and equal samples."""
    rng = np.random.default_rng(0)
    names = ["fixed acidity", "volatile acidity", "citric acid", "residual sugar", "chlorides", "free sulfur dioxide"]
    names += ["total sulfur dioxide", "density", "pH", "sulphates", "alcohol"]
    quality = np.arange(120) % 6 + 3
    measured = rng.uniform(1, 9, size=(120, 11)).round(3)
    measured[:, 10] = (8 + quality + rng.uniform(-1, 1, 120)).round(2)
    frame = pl.DataFrame(measured, names).with_columns(quality=quality)

    def write(frame: pl.DataFrame) -> bytes:
        first = ";".join(f'"{name}"' for name in frame.columns)
        return f"{first}\n{frame.write_csv(separator=';', include_header=False)}".encode()

    return PublicTable(
        "winequality-red.csv",
        pl.concat([frame, frame[:9]]),
        "quality",
        write,
        (),
        "classification",
        {name: [] for name in names},
    )


def titanic() -> PublicTable:
    """`train.csv` of Kaggle: names with commas and quotes, tickets that are numbers or not, ages and cabins missing."""
    rng = np.random.default_rng(1)
    number = np.arange(150)
    sex = rng.choice(["male", "female"], 150)
    frame = pl.DataFrame({
        "PassengerId": number + 1,
        "Survived": ((sex == "female") ^ (rng.random(150) < 0.2)).astype(int),
        "Pclass": number % 3 + 1,
        "Name": [f'Braund{i}, Mr. Owen "Harry" Harris' for i in number],
        "Sex": sex,
        "Age": [None if i % 5 == 0 else age / 2 for i, age in enumerate(rng.integers(1, 160, 150))],
        "SibSp": rng.integers(0, 5, 150),
        "Parch": rng.integers(0, 4, 150),
        "Ticket": ["A/5 2144" if i < 8 else f"PC {17000 + i}" if i % 4 == 0 else str(110000 + 7 * i) for i in number],
        "Fare": rng.uniform(5, 99, 150).round(4),
        "Cabin": [f"C{i}" if i % 6 == 0 else None for i in number],
        "Embarked": [None if i in (7, 70) else "SCQ"[i % 3] for i in number],
    })  # fmt: skip
    inputs = {"Pclass": [], "Sex": ["female", "male"], "Age": [], "SibSp": [], "Parch": [], "Ticket": ["A/5 2144"]}
    inputs |= {"Fare": [], "Cabin": ["(empty)"], "Embarked": ["C", "Q", "S"]}
    return PublicTable(
        "train.csv",
        frame,
        "Survived",
        lambda frame: frame.write_csv().encode(),
        ("dataset.categories=[Ticket]",),
        "classification",
        inputs,
    )


def auto_mpg() -> PublicTable:
    """`auto-mpg.data` of UCI: no line of names, runs of spaces, a tab before the name in quotes, ? where missing."""
    rng = np.random.default_rng(2)
    number = np.arange(120)
    weight = rng.integers(1600, 5000, 120)
    columns = {
        "mpg": (45 - 0.007 * weight + rng.normal(size=120)).round(1),
        "cylinders": rng.choice([4, 6, 8], 120),
        "displacement": rng.uniform(70, 450, 120).round(1),
        "horsepower": [None if i % 20 == 9 else float(power) for i, power in enumerate(rng.integers(46, 230, 120))],
        "weight": weight,
        "acceleration": rng.uniform(8, 25, 120).round(1),
        "year": 70 + number // 10,
        "origin": 1 + number % 3,
        "car": [f"ford ltd {i}" if i % 3 else "ford pinto" for i in number],
    }
    frame = pl.DataFrame({str(place + 1): values for place, values in enumerate(columns.values())})
    return PublicTable(
        "auto-mpg.data",
        frame,
        "1",
        _write_cars,
        ("dataset.header=false",),
        "regression",
        {str(place): [] for place in range(2, 9)} | {"9": ["ford pinto"]},
    )


def _write_cars(frame: pl.DataFrame) -> bytes:
    line = '{:<7}{:<4}{:<11}{:<11}{}.      {:<7}{:<4}{}\t"{}"\n'
    rows = (["?" if value is None else value for value in row] for row in frame.rows())
    return "".join(line.format(*row) for row in rows).encode()


def school() -> PublicTable:
    """The exams of London's schools (ILEA): few pupils in each school, and columns that are alike within one."""
    rng = np.random.default_rng(3)
    school = np.repeat(np.arange(1, 13), rng.integers(8, 17, 12))
    count = len(school)
    band = rng.integers(1, 4, count)
    frame = pl.DataFrame({
        "Year": 1985 + np.arange(count) % 3,
        "School": school,
        "Exam score": np.clip(60 - 15 * band + school + rng.integers(-9, 10, count), 1, 70),
        "% FSM": rng.integers(5, 70, 12)[school - 1],
        "Gender": rng.choice(["M", "F"], count),
        "VR band": band,
        "Ethnic group": rng.choice(["ESWI", "African", "Arab"], count),
        "Denomination": np.array(["Maintained", "Church of England", "Roman Catholic"])[school % 3],
    })  # fmt: skip

    inputs = {"Year": [], "% FSM": [], "Gender": ["F", "M"], "VR band": [], "Ethnic group": ["African", "Arab", "ESWI"]}
    return PublicTable(
        "school.parquet",
        frame,
        "Exam score",
        _write_parquet,
        ("dataset.task_column=School",),
        "related_tasks",
        inputs | {"Denomination": ["Church of England", "Maintained", "Roman Catholic"]},
    )


def _write_parquet(frame: pl.DataFrame) -> bytes:
    file = BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def air_quality() -> PublicTable:
    """`AirQualityUCI.csv` of UCI: hours of Italian air, decimal commas, -200 where missing, empty columns and rows."""
    rng = np.random.default_rng(4)
    number = np.arange(144)
    sensor = rng.integers(800, 1700, 144)
    frame = pl.DataFrame({
        "Date": [f"{10 + i // 8}/03/2004" for i in number],
        "Time": [f"{10 + i % 8}.00.00" for i in number],
        "CO(GT)": pl.Series(rng.uniform(0, 6, 144).round(1)).set(pl.Series(number % 9 == 0), -200.0),
        "PT08.S1(CO)": sensor,
        "NMHC(GT)": np.where(number < 20, 100 + number, -200),
        "C6H6(GT)": np.where(number % 12 == 0, -200.0, (sensor / 100 - 5 + rng.normal(size=144)).round(1)),
        "T": rng.uniform(0, 30, 144).round(1),
        "AH": rng.uniform(0.3, 1.9, 144).round(4),
    })  # fmt: skip

    def write(frame: pl.DataFrame) -> bytes:
        lines = frame.fill_null(-200).write_csv(separator=";", decimal_comma=True).splitlines()
        return "".join(f"{line};;\r\n" for line in lines).encode()

    return PublicTable(
        "AirQualityUCI.csv",
        frame,
        "C6H6(GT)",
        write,
        ("dataset.time_column=Date", "dataset.missing=[-200]"),
        "regression",
        {"Time": [f"{hour}.00.00" for hour in range(10, 18)]} | {name: [] for name in [*frame.columns[2:5], "T", "AH"]},
        end=b";;;;;;;;;\r\n" * 3,
    )


TABLES = (wine, titanic, auto_mpg, school, air_quality)
UNDERSTOOD = {
    "wine": """
        winequality-red.csv: classification, 6 classes: 3 (22), 4 (22), 5 (22), 6 (21), 7 (21), 8 (21). 129 samples: 11
        numbers each (fixed acidity to alcohol), from 1.002 to 16.94. Form: fields separated by semicolons. Test: 25
        samples set aside, classes in proportion, the same in every run; 104 remain. A score moves in steps of 0.040,
        one test sample. 18 samples equal another one of their part, 18 with the same target: a split keeps equal
        samples on one side. Each run trains on 83 samples and validates on 21.
    """,
    "titanic": """
        train.csv: classification, 2 classes: 0 (72), 1 (78). 150 samples: 9 columns (Pclass, Sex, Age, SibSp, Parch,
        Ticket, Fare, Cabin and 1 more). Texts become an input for each that occurs 3 times or more: Sex (2), Ticket (1
        of 143), Cabin (1 of 26), Embarked (3 of 4). Empty fields become the median, and an input that says so: Age
        (30). Each run does this by its own training samples, and standardizes by them. Left out as numbers or names of
        rows: PassengerId; dataset.inputs=[...] takes them. Left out, as their texts differ from row to row: Name. Test:
        30 samples set aside, classes in proportion, the same in every run; 120 remain. A score moves in steps of 0.033,
        one test sample. No two samples are equal. Each run trains on 96 samples and validates on 24.
    """,
    "auto_mpg": """
        auto-mpg.data: regression, the target 1 from 9.4 to 32.9. 120 samples: 8 columns (2, 3, 4, 5, 6, 7, 8, 9). Texts
        become an input for each that occurs 3 times or more: 9 (1 of 81). Empty fields become the median, and an input
        that says so: 4 (6). Each run does this by its own training samples, and standardizes by them. Form: fields
        separated by spaces, no line of names, so that the columns are 1 to 9. Test: 24 samples set aside, at random,
        the same in every run; 96 remain. No two samples are equal. Each run trains on 77 samples and validates on 19.
    """,
    "school": """
        school.parquet: regression, the target Exam score from 8 to 62, in 12 tasks of 8 to 15 samples. 131 samples: 6
        columns (Year, % FSM, Gender, VR band, Ethnic group, Denomination). Texts become an input for each that occurs 3
        times or more: Gender (2), Ethnic group (3), Denomination (3). Each run does this by its own training samples,
        and standardizes by them. Test: 26 samples set aside, tasks in proportion, the same in every run; 105 remain. 5
        of the 26 test samples (19.2%) equal a training sample, 1 with the same target. As inputs take few values, these
        are draws and no copies. Each run trains on 84 samples and validates on 21.
    """,
    "air_quality": """
        AirQualityUCI.csv: regression, the target C6H6(GT) from 1.8 to 13.8. 144 samples: 6 columns (Time, CO(GT),
        PT08.S1(CO), NMHC(GT), T, AH). Texts become an input for each that occurs 3 times or more: Time (8). Empty
        fields become the median, and an input that says so: CO(GT) (16), NMHC(GT) (124). Each run does this by its own
        training samples, and standardizes by them. 12 samples without a target (written -200.0) left out. Form: fields
        separated by semicolons, decimal commas. 3 blank rows left out. Left out: column 9, column 10, without a name
        and empty. Test: the latest 30 samples; 102 remain, whose latest are for validation. No two samples are equal.
        Each run trains on 80 samples and validates on 20.
    """,
}
"""By table, how the command says that it is read."""
