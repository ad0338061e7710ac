"""Tables with texts, empty fields, dates and units, in the forms of public ones."""

import numpy as np
import polars as pl
import pytest
import torch

from sharegap.data.duplicates import with_duplicates
from sharegap.data.mapped import map_dataset, save_dataset
from sharegap.data.prepare import prepare
from sharegap.data.user import table
from sharegap.errors import UserError
from tests.data.user.files import X, Y, fresh, text

SAMPLES = 60


def passengers(changes=()):
    """Rows as of a list of passengers: names, empty ages, prices with a currency, dates."""
    columns = {
        "PassengerId": [str(i + 1) for i in range(SAMPLES)],
        "Survived": [str(i % 2) for i in range(SAMPLES)],
        "Name": [f"Mr {i}" for i in range(SAMPLES)],
        "Sex": [["male", "female"][i * i % 5 % 2] for i in range(SAMPLES)],
        "Age": ["" if i % 6 == 0 else str(i * 7 % 50 + 1) for i in range(SAMPLES)],
        "Fare": [f'"${900 + 41 * i % 700:,}.50"' for i in range(SAMPLES)],
        "Port": ["" if i == 4 else "SCQ"[i * 3 % 7 % 3] for i in range(SAMPLES)],
        "Born": [f"{i % 28 + 1:02}.0{i % 9 + 1}.1990" for i in range(SAMPLES)],
        "Ship": ["1"] * SAMPLES,
    }
    columns |= dict(changes)
    return "\n".join(",".join(row) for row in [list(columns), *zip(*columns.values(), strict=True)]) + "\n"


def load(tmp_path, changes=(), **options):
    return table(text(tmp_path, passengers(changes)), ["Survived"], prepare=True, **options)


def test_what_was_done_is_said(tmp_path):
    dataset = load(tmp_path)
    for sentence in [
        "60 samples: 6 columns (Sex, Age, Fare, Port, Born, Ship).",
        "Texts become an input for each that occurs 3 times or more: Sex (2), Port (3 of 4).",
        "Empty fields become the median, and an input that says so: Age (10).",
        "Each run does this by its own training samples, and standardizes by them.",
        "1 column is constant in the training part and set to 0: Ship; dataset.leave_out=[...] leaves them out.",
        "Left out as numbers or names of rows: PassengerId;",
        "Left out, as their texts differ from row to row: Name.",
        "Read as numbers in $ with commas between thousands: Fare.",
        "Read as a date in days: Born.",
    ]:
        assert sentence in dataset.description
    prepared = prepare(dataset, np.arange(len(dataset.y)))
    assert prepared.sample_shape == (1, 4 + 1 + 2 + 3)
    assert prepared.x.isfinite().all()
    assert prepared.x_test.isfinite().all()


def test_columns_are_left_out_on_request(tmp_path):
    said = load(tmp_path, leave_out=["Ship", "Name"]).description
    assert "(Sex, Age, Fare, Port, Born)" in said
    assert "constant" not in said
    with pytest.raises(UserError, match=r"there is no column in .* 'Shap'"):
        load(tmp_path, leave_out=["Shap"])
    with pytest.raises(UserError, match=r"the column Sex must be in one of targets, inputs, groups, .* got it 2 times"):
        load(tmp_path, inputs=["Sex"], leave_out=["Sex"])


def test_a_few_texts_among_numbers_are_asked(tmp_path):
    """One unknown mark makes no column of numbers a column of texts."""
    ages = ["unknown" if i == 7 else str(i % 5) for i in range(SAMPLES)]
    asked = (
        "'unknown' in row 8 alone of Age: correct or remove it, or name what is missing, .* or leave the column out, "
    )
    with pytest.raises(UserError, match=asked):
        load(tmp_path, {"Age": ages})
    assert "Age (1)" in load(tmp_path, {"Age": ages}, missing=["unknown", ""]).description
    assert "Age (" in load(tmp_path, {"Age": ages}, categories=["Age"]).description.partition("Empty")[0]


def test_categories_are_texts(tmp_path):
    """Codes that look like numbers; with their zeros."""
    codes = [f"0{i % 3}" for i in range(SAMPLES)]
    assert "Code (3)" in load(tmp_path, {"Code": codes}, categories=["Code"]).description
    said = "numbers without the zeros in front of Code, dataset.categories=[...] for texts"
    assert said in load(tmp_path, {"Code": codes}).description
    assert said not in load(tmp_path, {"Code": codes}, categories=["Code"]).description
    with pytest.raises(UserError, match=r"column in dataset.categories among the inputs 'Survived'"):
        load(tmp_path, categories=["Survived"])


def test_empty_columns_are_left_out(tmp_path):
    said = load(tmp_path, {"Nothing": [""] * SAMPLES}).description
    assert "Left out as empty: Nothing." in said
    with pytest.raises(UserError, match="must hold values, got empty columns only: Nothing"):
        load(tmp_path, {"Nothing": [""] * SAMPLES}, inputs=["Nothing"])


def test_texts_that_differ_are_no_inputs(tmp_path):
    with pytest.raises(UserError, match="inputs must hold numbers or texts that recur, got texts that differ in Name"):
        load(tmp_path, inputs=["Name"])


def test_plain_tables_stay_bit_for_bit(tmp_path):
    """Numbers alone need no preparation; a date makes them no others."""
    frame = pl.DataFrame(X, list("pqrs")).with_columns(y=Y)
    path = fresh(tmp_path, ".csv")
    frame.write_csv(path)
    plain, prepared = table(path, ["y"]), table(path, ["y"], prepare=True)
    assert plain.description == prepared.description
    for part in ("x", "y", "x_test", "y_test"):
        assert torch.equal(getattr(plain, part), getattr(prepared, part))
    path = fresh(tmp_path, ".parquet")
    frame.with_columns(s=pl.date(1970, 1, 1) + pl.duration(days=pl.int_range(40))).write_parquet(path)
    dated = table(path, ["y"], prepare=True)
    assert not dated.categories
    assert torch.equal(dated.x[..., :3], table(path, ["y"], list("pqr")).x)


def test_unprepared_data_are_mapped(tmp_path):
    dataset = load(tmp_path)
    save_dataset(dataset, tmp_path / "mapped")
    mapped = map_dataset(tmp_path / "mapped")
    assert mapped.categories == dataset.categories
    rows = np.arange(20)
    assert torch.equal(prepare(mapped, rows).x, prepare(dataset, rows).x)


def test_tasks_and_real_targets_of_a_mixed_table(tmp_path):
    line = {"Line": [["north", "south"][i % 4 // 2] for i in range(SAMPLES)]}
    dataset = load(tmp_path, line, task_column="Line")
    assert dataset.kind == "related_classes"
    prepared = prepare(dataset, np.arange(len(dataset.y)))
    assert set(prepared.x[:, -1].tolist()) == {0, 1}
    real = table(text(tmp_path, passengers()), ["Fare"], prepare=True)
    assert "regression, the target Fare from 900.5 to" in real.description
    assert "Read as numbers in $ with commas between thousands: the target Fare." in real.description
    half = prepare(real, np.arange(20)).y[:20]
    assert half.mean().item() == pytest.approx(0, abs=1e-6)
    assert half.std(correction=0).item() == pytest.approx(1)


def test_groups_hold_in_a_mixed_table(tmp_path):
    dataset = load(tmp_path, {"Family": [str(i // 4) for i in range(SAMPLES)]}, groups="Family")
    assert "groups whole" in dataset.description


def test_names_make_no_two_rows_different(tmp_path):
    """Rows that are equal but for a name are on one side of the test part."""
    rows = [f"Mr {i},{i // 2 * 1.5},{'SC'[i // 2 % 2]},{i // 2 % 3}\n" for i in range(SAMPLES)]
    dataset = with_duplicates(table(text(tmp_path, "name,a,port,y\n" + "".join(rows)), ["y"], prepare=True))
    assert "test samples equal" not in dataset.duplicates_note
    assert "60 samples equal another one of their part" in dataset.duplicates_note
