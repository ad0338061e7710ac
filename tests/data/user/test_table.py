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
    ("a,b,y\n" + ROWS, [], "name the target columns, dataset.targets=.* has a, b, y"),
    ("a,a,y\n" + ROWS, ["y"], "two columns of the name 'a'"),
    ("a,b,y\n" + ROWS + "1,x,0\n", ["y"], "b holds no numbers: encode as numbers"),
    ("a,b,y\n" + ROWS + "1,,0\n", ["y"], "the column b is empty in 1 of 21 rows"),
    ("a,b,y\n" + ROWS + "1,nan,0\n", ["y"], "b holds no numbers|NaN"),
    ("a,b,y\n" + ROWS + "1,2,0,4\n", ["y"], "is no CSV with a header and as many fields"),
    ("a,b,y\n" + ROWS, ["a", "b", "y"], "no column is left to learn from"),
    ("a,b,y\n" + ROWS, ["y", "y"], "the column y is named twice"),
    ("a;b;y\n" + ROWS.replace(",", ";"), ["y"], "has 1 column: a table has from 2, which commas separate"),
    ("", ["y"], "has 0 columns"),
    ("a,b,y\n", ["y"], "has no rows"),
    (b"\xff\xfe\x00", ["y"], "is no CSV"),
    ("a,b,y\n" + ROWS, ["b", "city"], "there is no column in .* 'city'"),
]


@pytest.mark.parametrize(("content", "targets", "sentence"), MISTAKES, ids=[str(i) for i in range(len(MISTAKES))])
def test_refuses_in_one_sentence(tmp_path, content, targets, sentence):
    with pytest.raises(UserError, match=sentence):
        table(text(tmp_path, content), targets)


@pytest.fixture(params=["csv", "parquet"])
def path(request, tmp_path):
    path = fresh(tmp_path, "")  # the content says what it is
    getattr(FRAME, f"write_{request.param}")(path)
    return path


def test_columns_are_inputs_targets_and_groups(path, tmp_path):
    dataset = table(path, ["y"], groups="city")
    inputs = FRAME.select("a", pl.col("b").cast(float), "z").to_numpy()
    expected = arrays(npz(tmp_path, x=inputs, y=Y, groups=FRAME["city"].to_numpy().astype(str)))
    for part in ("x", "y", "x_test", "y_test"):
        assert torch.equal(getattr(dataset, part), getattr(expected, part))
    assert np.array_equal(dataset.groups, expected.groups)
    assert dataset.kind == "classification"


def test_inputs_can_be_named(path):
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


def test_a_parquet_that_claims_many_rows_is_not_read(tmp_path):
    path = fresh(tmp_path, ".parquet")
    pl.select(a=pl.repeat(1, 20_000_000, dtype=pl.Int8), y=pl.repeat(2, 20_000_000, dtype=pl.Int8)).write_parquet(path)
    with pytest.raises(UserError, match="claims to hold 320,000,000 bytes"):
        table(path, ["y"])


def test_a_parquet_that_would_end_the_process_is_refused(tmp_path, monkeypatch):
    path = fresh(tmp_path, ".parquet")
    FRAME.write_parquet(path)
    monkeypatch.setattr(parquet, "TRIAL", "import os; os.abort()")
    with pytest.raises(UserError, match="is a damaged Parquet file"):
        table(path, ["y"])
