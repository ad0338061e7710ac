"""Whatever the file: a data set that is what the file holds, or one sentence. No traceback, hang or much memory."""

import csv
import io
import math

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sharegap.data.user import table
from sharegap.data.user.assemble import make_dataset
from sharegap.data.user.targets import Column
from sharegap.data.user.user_data import UserData
from tests.data.user.files import X, Y, text
from tests.data.user.fuzz import bytes_changed, cases, sound

cells = (
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr)
    | st.integers(-(10**6), 10**6).map(str)
    | st.sampled_from(["", "nan", "inf", "-1", "1e400", "a", '"b, c"', "true", "0x1f", " 7", "1_000", "9" * 30, "é"])
    | st.sampled_from(["NA", "?", "-", "01", "1,5", "1.234,5", "9" * 60, "2024-01-01", " ", "\xa0", "'", '"'])
)


SPELLINGS = {"true": "1", **dict.fromkeys(["", "NA", "?", "-"], "nan")}


@st.composite
def tables(draw):
    """Rows of fields, mostly as many as the header has."""
    columns = draw(st.integers(1, 4))
    plain = draw(st.booleans())  # numbers alone, of which most tables can be read
    cell = st.floats(-1e6, 1e6, width=32).map(repr) | st.integers(-9, 9).map(str) if plain else cells
    header = [draw(st.sampled_from("abcd") | st.text(max_size=3)) if not plain else "abcd"[i] for i in range(columns)]
    rows = draw(st.lists(st.lists(cell, min_size=columns, max_size=columns), min_size=8, max_size=14))
    if not plain and draw(st.booleans()):
        rows[draw(st.integers(0, len(rows) - 1))] = draw(st.lists(cells, max_size=5))
    return "\n".join(",".join(fields) for fields in [header, *rows]) + draw(st.sampled_from(["", "\n", "\r\n", "\n\n"]))


@cases(300)
@given(content=tables(), kind=st.sampled_from([None, "regression"]))
def test_any_csv_is_refused_or_read(tmp_path, content, kind):
    """What is read is what Python's csv and float make of it."""
    dataset = sound(table, text(tmp_path, content), ["a"], kind=kind)
    # Columns that number the rows, and lines that hold nothing, have tests of their own.
    if dataset is None or dataset.kind != "regression" or "eft out" in dataset.description:
        return
    header, *rows = [row for row in csv.reader(io.StringIO(content, newline="")) if row]
    values = [[float(SPELLINGS.get(field.strip(), field)) for field in row] for row in rows]
    expected = np.array(values)
    target = [name.strip() for name in header].index("a")
    column = Column("a", expected[:, target], np.zeros(len(rows), dtype=bool))
    data = UserData("t", np.delete(expected, target, 1), [column])
    assert same_up_to_missing(dataset, make_dataset(data, "regression"))


def same_up_to_missing(one, other):
    return all(
        torch.equal(getattr(one, part).nan_to_num(math.pi), getattr(other, part).nan_to_num(math.pi))
        for part in ("x", "y", "x_test", "y_test")
    )


CSV = ("a,b,c\n" + "".join(f"{x[0]},{x[1]},{y}\n" for x, y in zip(X, Y, strict=True))).encode()


@cases(200)
@given(content=bytes_changed(CSV) | st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(tmp_path, content):
    sound(table, text(tmp_path, content), ["c"])


@pytest.fixture(scope="module")
def parquet(tmp_path_factory):
    path = tmp_path_factory.mktemp("parquet") / "t.parquet"
    pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": Y}).write_parquet(path)
    return path.read_bytes()


@cases(8)  # each takes a process of its own
@given(data=st.data())
def test_changed_parquet_is_refused_or_read(tmp_path, parquet, data):
    sound(table, text(tmp_path, data.draw(bytes_changed(parquet))), ["c"])
