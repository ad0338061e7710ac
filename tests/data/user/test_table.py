import numpy as np
import polars as pl
import pytest
import torch

from sharegap.data.formats import parquet
from sharegap.data.user import arrays, table
from sharegap.errors import UserError
from tests.data.user.files import X, Y, fresh, npz, text

FRAME = pl.DataFrame({"a": X[:, 0], "b": X[:, 1] > 3, "city": [f"c{i % 20}" for i in range(40)], "y": Y, "z": X[:, 2]})
ROWS = "".join(f"{i},{i % 7},{i % 2}\n" for i in range(20))
MISTAKES = [
    ("a,b,y\n" + ROWS, ["Y"], "there is no column in .* 'Y': there are a, b, y"),
    ("a,b,y\n" + ROWS, [], "dataset.targets must name the columns to predict, got none: .* has a, b, y"),
    ("a,a,y\n" + ROWS, ["y"], "must have different column names, got 'a' twice"),
    ("a,b,y\n" + ROWS + "1,x,0\n", ["y"], "inputs must be numbers, got text in b: encode it"),
    ("a,b,y\n" + ROWS + "1,,0\n", ["y"], "the column b must be filled, got 1 empty of 21 rows"),
    ("a,b,y\n" + ROWS + "1,nan,0\n", ["y"], "got text in b|must be finite"),
    (
        "a,b,y\n" + ROWS + "1,2,0,4\n",
        ["y"],
        "cannot be read as a CSV or Parquet table .*: give it a header and as many fields",
    ),
    ("a,b,y\n" + ROWS, ["a", "b", "y"], "must have a column to learn from"),
    ("a,b,y\n" + ROWS, ["y", "y"], "the column y must be in one of targets, .* got it 2 times"),
    ("a;b;y\n" + ROWS.replace(",", ";"), ["y"], "must have from 2 to 20,000 columns, separated by commas, got 1"),
    ("", ["y"], "separated by commas, got 0"),
    ("a,b,y\n", ["y"], "must have a row for each sample"),
    (b"\xff\xfe\x00", ["y"], "cannot be read as a CSV"),
    ("a,b,y\n" + ROWS, ["b", "city"], "there is no column in .* 'city'"),
]


@pytest.mark.parametrize(("content", "targets", "sentence"), MISTAKES, ids=[str(i) for i in range(len(MISTAKES))])
def test_mistakes_are_one_line(tmp_path, content, targets, sentence):
    with pytest.raises(UserError, match=sentence):
        table(text(tmp_path, content), targets)


@pytest.fixture(params=["csv", "parquet"])
def path(request, tmp_path):
    path = fresh(tmp_path, "")  # the content says what it is
    getattr(FRAME, f"write_{request.param}")(path)
    return path


def test_inputs_targets_and_groups(path, tmp_path):
    dataset = table(path, ["y"], groups="city")
    inputs = FRAME.select("a", pl.col("b").cast(float), "z").to_numpy()
    expected = arrays(npz(tmp_path, x=inputs, y=Y, groups=FRAME["city"].to_numpy().astype(str)))
    for part in ("x", "y", "x_test", "y_test"):
        assert torch.equal(getattr(dataset, part), getattr(expected, part))
    assert np.array_equal(dataset.groups, expected.groups)
    assert dataset.kind == "classification"


def test_named_inputs(path):
    assert table(path, ["y"], ["z", "a"]).sample_shape == (1, 2)
    assert table(path, ["z", "a"], ["y", "b"]).kind == "regression"
    assert table(path, ["y", "b"], ["z"]).kind == "multitask"
    assert table(path, ["y", "z"], ["a"]).tasks == ("y", "z")
    assert table(path, None, ["a", "z"], kind="reconstruction").y.shape[1] == 2


def test_empty_targets_are_missing(tmp_path):
    rows = "".join(f"{i},{i % 3 if i % 5 else ''},{i / 2 if i % 4 else ''}\n" for i in range(40))
    path = text(tmp_path, "a,c,r\n" + rows)
    both = table(path, ["c", "r"], ["a"])
    assert int(both.y.isnan().sum() + both.y_test.isnan().sum()) == 8 + 10 - 2 * 2
    one = table(path, ["c"], ["a"])
    assert len(one.y) + len(one.y_test) == 32
    assert one.classes == 3


def test_huge_parquet_is_not_read(tmp_path):
    path = fresh(tmp_path, ".parquet")
    pl.select(a=pl.repeat(1, 20_000_000, dtype=pl.Int8), y=pl.repeat(2, 20_000_000, dtype=pl.Int8)).write_parquet(path)
    with pytest.raises(UserError, match=r"must expand to at most .* got 320,000,000"):
        table(path, ["y"])


def test_parquet_that_aborts_is_refused(tmp_path, monkeypatch):
    path = fresh(tmp_path, ".parquet")
    FRAME.write_parquet(path)
    monkeypatch.setattr(parquet, "TRIAL", "import os; os.abort()")
    with pytest.raises(UserError, match="cannot be read as a Parquet table"):
        table(path, ["y"])
