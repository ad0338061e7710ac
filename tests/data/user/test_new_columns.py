"""New rows of a table become the inputs that a test part of the same rows has, whatever stands beside them."""

import json

import numpy as np
import polars as pl
import pytest
import torch

from sharegap.data.prepare import prepare as prepare_dataset
from sharegap.data.user import table
from sharegap.data.user.preparation import prepare
from sharegap.errors import UserError

COUNT, TRAIN = 60, np.arange(0, 60, 2)
RNG = np.random.default_rng(0)
FRAME = pl.DataFrame({
    "size": [None if i % 7 == 0 else float(size) for i, size in enumerate(RNG.normal(5, 2, COUNT))],
    "colour": [None if i % 11 == 0 else str(colour) for i, colour in enumerate(RNG.choice(["red", "blue"], COUNT))],
    "when": [f"{i % 27 + 1:02}/0{i % 9 + 1}/2020" for i in range(COUNT)],
    "weight": [f"{900 + 37 * i:,} kg" for i in range(COUNT)],
    "code": RNG.choice(["01", "02", "10"], COUNT),
    "is_new": RNG.choice(["True", "False"], COUNT),
    "task": RNG.choice(["a", "b"], COUNT),
    "y": RNG.choice(["no", "yes"], COUNT),
})  # fmt: skip
TEST = pl.DataFrame({
    "size": [None, 1.5, 5.0, 7.25],
    "colour": ["violet", "red", None, "blue"],
    "when": ["01/02/2021", None, "03/04/2019", "28/02/2020"],
    "weight": ["1,200 kg", "999 kg", None, "0 kg"],
    "code": ["02", "2", None, "10"],
    "is_new": ["False", "True", None, "True"],
    "task": ["b", "a", "b", "a"],
    "y": ["no", "yes", "yes", "no"],
})  # fmt: skip


@pytest.fixture(params=[None, "task"])
def prepared(request, tmp_path):
    """A table with a test file, as a run prepares it, with the facts as a model's file has them."""
    FRAME.write_csv(tmp_path / "mine.csv")
    TEST.write_csv(tmp_path / "test.csv")
    dataset = table(
        str(tmp_path / "mine.csv"),
        ["y"],
        test_path=str(tmp_path / "test.csv"),
        task_column=request.param,
        prepare=True,
        categories=["code"],
    )
    dataset = prepare_dataset(dataset, TRAIN)
    return dataset.x_test, json.loads(json.dumps(dataset.preparation))


def test_new_rows_are_inputs_as_a_test_part(prepared, tmp_path):
    x_test, facts = prepared
    new = TEST.drop("y").select(reversed(TEST.columns[:-1]))
    new.write_csv(tmp_path / "new.csv")
    new.write_parquet(tmp_path / "new.parquet")
    for rows in (new, tmp_path / "new.csv", tmp_path / "new.parquet"):
        assert torch.equal(prepare(rows, facts), x_test)


def test_a_row_is_read_without_the_others(prepared, tmp_path):
    """Dates that fit two calendars, numbers without thousands and empty columns say nothing alone."""
    x_test, facts = prepared
    for index in range(len(TEST)):
        row = TEST.drop("y")[index]
        row.write_csv(tmp_path / "row.csv")
        assert torch.equal(prepare(row, facts), x_test[index : index + 1])
        assert torch.equal(prepare(tmp_path / "row.csv", facts), x_test[index : index + 1])


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("size", "big", "the column size of the new rows must hold numbers, got 'big' in row 1"),
        ("when", "2020-13-01", "the column when of the new rows must be as in the training part, got '2020-13-01'"),
        ("weight", "3 lb", "the column weight of the new rows must be as in the training part, got '3 lb'"),
        ("weight", "1.5,2 kg", "got '1.5,2 kg'"),
        ("code", 1, "the column code of the new rows must be text, as 01 is, got numbers"),
    ],
)
def test_other_values_are_refused(column, value, sentence, prepared):
    with pytest.raises(UserError, match=sentence):
        prepare(TEST.with_columns(pl.Series(column, [value] * len(TEST))), prepared[1])


def test_an_array_has_no_texts(prepared):
    with pytest.raises(UserError, match="must be a table or its file, as some columns are texts, got an array"):
        prepare(np.zeros((2, 6)), prepared[1])


def test_blank_rows_are_refused(prepared, tmp_path):
    """Left out as in training, they would shift the predictions against the rows."""
    lines = TEST.write_csv().splitlines()
    path = tmp_path / "new.csv"
    path.write_text("\n".join([*lines[:2], "," * lines[0].count(","), *lines[2:]]))
    with pytest.raises(UserError, match="must have no blank rows, got 1"):
        prepare(path, prepared[1])


def test_dates_alone_are_read_alike(tmp_path):
    """Such a table needs no preparation by runs, and none of its rows may lack a value."""
    frame = FRAME.select("when", "weight", "y")
    frame.write_csv(tmp_path / "mine.csv")
    dataset = table(str(tmp_path / "mine.csv"), ["y"], prepare=True)
    assert not dataset.categories
    x = prepare(frame, dataset.preparation)
    assert torch.equal(x.sort(0).values, torch.cat([dataset.x, dataset.x_test]).sort(0).values)
    typed = frame.with_columns(pl.col("when").str.to_date("%d/%m/%Y"))
    assert torch.equal(prepare(typed, dataset.preparation), x)
    with pytest.raises(UserError, match="the column when must be filled"):
        prepare(frame.with_columns(when=pl.lit(None, pl.String)), dataset.preparation)


def test_new_rows_may_have_one_column(tmp_path):
    """Of a model with one input, they need no target."""
    frame = pl.DataFrame({"a": [i / 7 for i in range(40)], "y": ["no", "yes"] * 20})
    frame.write_csv(tmp_path / "mine.csv")
    facts = table(str(tmp_path / "mine.csv"), ["y"]).preparation
    frame.select("a").write_csv(tmp_path / "new.csv")
    frame.select("a").write_parquet(tmp_path / "new.parquet")
    for rows in (tmp_path / "new.csv", tmp_path / "new.parquet"):
        assert torch.equal(prepare(rows, facts), prepare(frame, facts))


def test_whole_numbers_are_the_same_text(tmp_path):
    """An empty field makes a column of codes one of fractions in other programs."""
    frame = pl.DataFrame({"code": [f"{i % 3}.0" for i in range(30)], "y": [i % 2 for i in range(30)]})
    frame.write_csv(tmp_path / "mine.csv")
    dataset = table(str(tmp_path / "mine.csv"), ["y"], prepare=True, categories=["code"])
    facts = prepare_dataset(dataset, np.arange(len(dataset.y))).preparation
    x = [prepare(pl.DataFrame({"code": codes}), facts) for codes in ([0, 1, 2], [0.0, 1.0, 2.0], ["0", "1.0", "2"])]
    assert torch.equal(x[0], x[1])
    assert torch.equal(x[0], x[2])
    assert len(x[0].unique(dim=0)) == 3
