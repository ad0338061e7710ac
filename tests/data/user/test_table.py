import gzip
import lzma

import numpy as np
import polars as pl
import pytest
import torch

from sharegap.data.formats import parquet
from sharegap.data.user import arrays, table
from sharegap.errors import UserError
from tests.data.user.files import X, Y, fresh, npz, text, zipped

FRAME = pl.DataFrame({"a": X[:, 0], "b": X[:, 1] > 3, "city": [f"c{i % 20}" for i in range(40)], "y": Y, "z": X[:, 2]})
ROWS = "".join(f"{i},{i % 7},{i % 2}\n" for i in range(20))
TABLE = "a,b,y\n" + ROWS.replace("\n19,", "\n29,")
MISTAKES = [
    ("a,b,y\n" + ROWS, ["Y"], "there is no column in .* 'Y': there are a, b, y"),
    ("a,b,y\n" + ROWS, [], "dataset.targets must name the columns to predict, got none: .* has a, b, y"),
    ("a,a,y\n" + ROWS, ["y"], "must have different column names, got 'a' twice"),
    ("a,b,y\n" + ROWS, ["y"], "must name the columns to learn from, as a numbers the rows"),
    (TABLE + "1,x,0\n", ["y"], "inputs must be numbers, got 'x' in row 21 alone of b: correct or remove it, or"),
    (TABLE + "1,x,0\n2,mm,1\n", ["y"], "inputs must be numbers, got 'x' in row 21 and 1 more of b"),
    (TABLE.replace("\n", "\nmm,m,-\n", 1), ["y"], "got 'mm' in row 1 alone of a, and others in b"),
    (TABLE + "a,b,y\n" + ROWS, ["y"], "got 'a' in row 21 alone of a, and others in b"),
    ("a,b,y\n" + "1,red,0\n" * 9, ["y"], "inputs must be numbers, got text in b, e.g. 'red': encode it as numbers"),
    (TABLE + "1,,0\n", ["y"], "b must be filled, got nothing in 1 of 21 rows, first in row 21: fill it, or leave out"),
    (TABLE + "1,nan,0\n", ["y"], "the column b must be filled, got nan in 1 of 21 rows"),
    (TABLE + "1, NA ,0\n1,-,0\n", ["y"], "the column b must be filled, got NA in 2 of 22 rows"),
    (TABLE + "1,1e400,0\n", ["y"], "x must be finite"),
    (
        "a,b,y\n" + "".join(f"{10**20 + i},{i % 3},{i % 2}\n" for i in range(20)),
        ["y"],
        "a must hold numbers that double",
    ),
    ("a,b,y\n" + "".join(f"{i % 7},{i}.5,{i % 2}\n" for i in range(20)) + "3,5,total\n", ["b"], "must be numbers, got"),
    ("a,y\n" + "".join(f"{i % 7},{i / 8}\n" for i in range(30)) + "3,total\n", ["y"], "numbers and 'total' in row 31"),
    (
        "a,y\n" + "".join(f"{i % 7},{i % 3}\n" for i in range(30)) + "3,x\n",
        ["y"],
        "class x of the target y must have at",
    ),
    ("a,y\n" + "".join(f"{i % 7},{i % 3}.0\n" for i in range(30)), ["y"], "y takes 3 whole values, stored as real"),
    ("a,p,q\n" + "".join(f"{i % 7},{i % 2},{1 - i % 2}\n" for i in range(30)), ["p", "q"], "look like one-hot classes"),
    (b"PK\x03\x04" + bytes(50), ["y"], "cannot be read as a CSV or Parquet table .File is not a zip file"),
    (zipped({"a.csv": TABLE, "b.csv": TABLE}), ["y"], "got a zip archive of 2 files: save it as CSV, or unpack it"),
    (zipped({"a.xml": "", "b.xml": ""}), ["y"], "got a spreadsheet or another document: save it as CSV"),
    (zipped({"x.npy": "", "y.npy": ""}), ["y"], "got an npz file, which dataset=arrays takes"),
    (zipped({"a.csv": bytes(10**8)}), ["y"], "must expand to at most 67,108,864 bytes"),
    (zipped({"a.gz": gzip.compress(b"a,b")}), ["y"], "got a file compressed with gzip inside"),
    (gzip.compress(gzip.compress(b"a,b")), ["y"], "got a file compressed with gzip inside"),
    (lzma.compress(bytes(10**8)), ["y"], "it expands to implausibly many bytes"),
    (lzma.compress(TABLE.encode())[:60] + bytes(9), ["y"], "cannot be read as a CSV or Parquet table"),
    ("My table\n" + TABLE, ["y"], "the first line of .* must name its columns, got 'My table': remove what is above"),
    (TABLE.replace("\n", ",\n").replace("a,b,y,\n", "a,b,y\n1,2,0,7\n"), ["y"], "row 1 has 4 fields, and the table 3"),
    ("a,b,y\n" + ",,\n" * 20, ["y"], "must have a row for each sample, got column names only"),
    ("a,b,y\n" + ROWS.replace(",1\n", ",q\n") + "1,1,p\n", ["y"], "class p .* at least 2 samples, got 1: remove it$"),
    ("a,b,y\n" + "(3),1,0\n4,2,1\n" * 9 + "(5),1,0\n", ["y"], "must be numbers, got text in a, e.g. '.3.'"),
    (b"SQLite format 3\0", ["y"], "got an SQLite database"),
    (gzip.compress(b"ARROW1"), ["y"], "got an Arrow .Feather. file inside"),
    (gzip.compress(bytes(10**8)), ["y"], "cannot be read as a CSV or Parquet table .it expands to implausibly many"),
    (TABLE.encode("utf-16-le"), ["y"], "must be text, got zero bytes: save it as CSV in UTF-8"),
    ("just a line\nand another\n", ["y"], "must have at least 2 columns, separated by commas, got 1 in 'just a line'"),
    (TABLE + "1,2,0,4\n", ["y"], "table .row 21 has 4 fields, and the table 3 columns.: give it a header and as many"),
    ("a,b,y\n" + ROWS, ["a", "b", "y"], "must have a column to learn from"),
    ("a,b,y\n" + ROWS, ["y", "y"], "the column y must be in one of targets, .* got it 2 times"),
    ("", ["y"], "at least 2 columns, separated by commas, got 0"),
    (",".join(map(str, range(20_001))), ["y"], "at most 20,000 columns, got 20001: dataset=arrays takes more"),
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


def test_parquet_names_that_repeat_are_told(tmp_path, monkeypatch):
    path = fresh(tmp_path, ".parquet")
    FRAME.write_parquet(path)
    error = "polars.exceptions.DuplicateError: column with name 'a' has more than one occurrence"
    monkeypatch.setattr(parquet, "TRIAL", f'import sys; sys.exit("{error}")')
    with pytest.raises(UserError, match="must have different column names, got 'a' twice: rename one"):
        table(path, ["y"])


@pytest.mark.parametrize("names", [[1.1], [True], [None], [["y"]], {"y": 1}])
def test_names_that_are_no_text_are_refused(tmp_path, names):
    """A number may have been typed in another way than it is written."""
    path = text(tmp_path, TABLE)
    with pytest.raises(UserError, match=r"dataset.inputs must hold names in quotes, got"):
        table(path, ["y"], names)
    with pytest.raises(UserError, match=r"dataset.targets must hold names in quotes, got"):
        table(path, names)


def test_a_string_is_one_name(tmp_path):
    content = "a,b,ab,c\n" + "".join(f"{i % 7},{i % 2},{i % 3},{i % 5}\n" for i in range(30))
    dataset = table(text(tmp_path, content), "ab", "c")
    assert "3 classes" in dataset.description
    assert "1 number each (c)" in dataset.description


def test_one_column_of_groups(tmp_path):
    path = text(tmp_path, TABLE)
    assert "groups whole" in table(path, ["y"], ["b"], groups=["a"]).description
    with pytest.raises(UserError, match=r"dataset.groups must be one column, got a, b"):
        table(path, ["y"], groups=["a", "b"])
    with pytest.raises(UserError, match=r"there is no column in .* 'A'"):
        table(path, ["y"], groups="A")


def test_rows_without_an_input_are_left_out(tmp_path):
    """Where that is asked for; they are counted by column."""
    lacking = TABLE + "NA,1,0\n1,,1\n,,1\n"
    dataset = table(text(tmp_path, lacking), ["y"], drop_missing=True)
    assert "20 samples" in dataset.description
    assert "3 rows left out that lack an input: a (2), b (2)." in dataset.description
    assert torch.equal(dataset.x, table(text(tmp_path, TABLE), ["y"]).x)
    assert "19 samples" in table(text(tmp_path, TABLE), ["y"], missing=["29"], drop_missing=True).description
    with pytest.raises(UserError, match=r"a must be filled.* leave out such rows, \+dataset.load.drop_missing=true"):
        table(text(tmp_path, lacking), ["y"])
    with pytest.raises(UserError, match="some row must have all inputs, got none: b is missing in 20 of 20 rows"):
        table(text(tmp_path, "a,b,y\n" + "3,,1\n" * 20), ["y"], drop_missing=True)
