"""What stands in a column: missing values, codes, integers of any size, and numbers of rows."""

import numpy as np
import polars as pl
import pytest

from sharegap.data.user import table
from sharegap.data.user.column import parse_column, read_labels
from sharegap.errors import UserError
from tests.data.user.files import RNG, fresh, text

X = RNG.normal(size=60).round(3)


def described(tmp_path, values, kind=None, **options):
    """How a target of these fields is read, and the data set."""
    content = "a,y\n" + "".join(f"{x},{value}\n" for x, value in zip(X, values, strict=False))
    dataset = table(text(tmp_path, content), ["y"], kind=kind, **options)
    return dataset.description.split(". Test")[0].partition(": ")[2], dataset


@pytest.mark.parametrize("mark", ["NA", "NaN", "nan", "N/A", "n/a", "null", "NULL", "None", "?", "#N/A", " NA "])
@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["cat", "dog", "dog"], "classification, 2 classes: cat (15), dog (30)"),
        (["0", "4", "7"], "classification, 3 classes: 0 (15), 4 (15), 7 (15)"),
        (["true", "false", "true"], "classification, 2 classes: False (15), True (30)"),
        (["0.5", "1", "1e1"], "regression, the target y from 0.5 to 10"),
    ],
)
def test_missing_marks_are_no_values(tmp_path, mark, values, read):
    said, dataset = described(tmp_path, [*values, mark] * 15)
    assert said.startswith(read)
    assert f"15 samples without a target (written {mark.strip()}) left out" in said
    assert len(dataset.y) + len(dataset.y_test) == 45


def test_dashes_are_missing_among_numbers_only(tmp_path):
    for mark in "-.":
        assert "2 classes: 1 (20), 2 (20)" in described(tmp_path, ["1", "2", mark] * 20)[0]
        assert f"3 classes: {mark} (20)" in described(tmp_path, [mark, "a", "b"] * 20)[0]


def test_missing_option_says_what_is_missing(tmp_path):
    country = ["DE", "NA", "FR"] * 20
    assert "3 classes: DE (20), FR (20), NA (20)" in described(tmp_path, country, missing=[])[0]
    assert "2 classes: DE (20), NA (20). 60" in described(tmp_path, country, missing=["FR"])[0]
    assert "y from 0.5 to 2.5" in described(tmp_path, ["0.5", "-999", "2.5"] * 20, missing=["-999"])[0]
    frame = pl.DataFrame({"a": X, "b": [-999, 2, 3] * 20, "y": [0, 1] * 30})
    path = fresh(tmp_path, ".parquet")
    frame.write_parquet(path)
    with pytest.raises(UserError, match="the column b must be filled, got -999 in 20 of 60 rows, first in row 1"):
        table(path, ["y"], missing=["-999"])


def test_missing_is_counted_by_column(tmp_path):
    content = "a,p,q\n" + "".join(f"{x},{i % 2 if i % 4 else 'NA'},{i % 3 if i % 5 else ''}\n" for i, x in enumerate(X))
    assert "missing are 15 of p (written NA), 12 of q." in table(text(tmp_path, content), ["p", "q"]).description


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["01", "1", "02"], "3 classes: 01 (20), 02 (20), 1 (20)"),
        (["007", "008"], "2 classes: 007 (30), 008 (30)"),
        (["0", "1", "-1"], None),
        (["0", "10"], "2 classes: 0 (30), 10 (30)"),
        (["a", "a ", "\xa0b"], "2 classes: a (40), b (20)"),
        (
            ["5", "9223372036854775809", "9223372036854775815"],
            "3 classes: 5 (20), 9223372036854775809 (20), 922337203685",
        ),
        (["9007199254740992", "9007199254740993"], "2 classes: 9007199254740992 (30), 9007199254740993 (30)"),
        (["9" * 30, "9" * 29 + "8"], f"2 classes: {'9' * 29}8 (30), {'9' * 30} (30)"),
        (["9" * 60, "9" * 59 + "8"], f"2 classes: {'9' * 59}8 (30), {'9' * 60} (30)"),
    ],
)
def test_classes_are_what_is_written(tmp_path, values, classes):
    values = values * (60 // len(values))
    if classes is None:
        with pytest.raises(UserError, match="must not be -1, which can mean a missing one"):
            described(tmp_path, values)
        return
    assert classes in described(tmp_path, values)[0]


def test_large_integers_are_real_targets(tmp_path):
    for largest in (2**63 + 1, 2**64 - 1, 10**30):
        said, dataset = described(tmp_path, [5, 7, largest] * 20, kind="regression")
        assert f"y from 5 to {largest:.4g}, 3 whole values" in said
        assert len(dataset.y.unique()) == 3 - (largest > 2**24)


@pytest.mark.parametrize("dtype", [pl.Int128, pl.UInt64, pl.Int64])
def test_large_integers_of_parquet(tmp_path, dtype):
    path = fresh(tmp_path, ".parquet")
    large = {pl.Int128: 10**30, pl.UInt64: 2**64 - 1, pl.Int64: 2**63 - 1}[dtype]
    frame = pl.DataFrame(
        {"a": X, "y": pl.Series([5, large] * 30, dtype=dtype), "g": pl.Series([large] * 60, dtype=dtype)}
    )
    frame.with_columns(g=pl.col("g") - pl.int_range(60) // 4).write_parquet(path)
    if dtype == pl.Int128:
        with pytest.raises(UserError, match=f"target y must hold integers of 64 bits, got {large} in row 2: write it"):
            table(path, ["y"], ["a"])
    else:
        assert f"5 (30), {large} (30)" in table(path, ["y"], ["a"]).description
    grouped = table(path, ["y"], ["a"], groups="g", kind="regression")
    assert "of 15 groups whole" in grouped.description


def test_values_lost_in_single_precision_are_told(tmp_path):
    content = "a,y\n" + "".join(f"{10**9 * (i % 2) + i},{i % 3}\n" for i in range(60))
    assert "values of a are not told apart in single precision" in table(text(tmp_path, content), ["y"]).description
    fine = "a,y\n" + "".join(f"{17 * i % 60 + 10**9},{i % 3}\n" for i in range(60))
    assert "precision" not in table(text(tmp_path, fine), ["y"]).description


@pytest.mark.parametrize(("labels", "expected"), [([0.0, 1.0, 2.0], [0, 1, 2]), (["01", "1", "2"], ["01", "1", "2"])])
def test_labels_are_integers_or_names(labels, expected):
    assert read_labels(pl.Series("g", labels), "groups", None).tolist() == expected


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (["a", "NA", ""], "g of groups must be filled, got NA in 2 of 3 rows, first in row 2: fill or leave it out"),
        ([0.0, 0.5, 1.0], "g of groups must hold integers or names, got 0.5 in row 2"),
        ([1.0, None, 2.0], "must be filled, got nothing in 1 of 3 rows"),
    ],
)
def test_unclear_labels_are_refused(labels, sentence):
    with pytest.raises(UserError, match=sentence):
        read_labels(pl.Series("g", labels), "groups", None)


def test_numbers_among_spaces():
    assert parse_column(pl.Series([" 1", "2 ", "NA", "-"]), None).to_list() == [1, 2, None, None]
    assert parse_column(pl.Series([" 1.5", "\t2", "?"]), None).to_list() == [1.5, 2, None]
    assert parse_column(pl.Series(["1", "2", "x"]), None).dtype == pl.String


INDEX_NAMES = ["index", "Unnamed: 0", "id", "ID", "rownames", "level_0", "X", "sample", "No", "row_id", "customerId"]
INDEX_NAMES += ["RowNumber", "Serial No.", "observation_number", "sno"]


@pytest.mark.parametrize("name", INDEX_NAMES)
@pytest.mark.parametrize("order", [np.arange(60), np.arange(1, 61), RNG.permutation(60)])
def test_row_numbers_are_no_inputs(tmp_path, name, order):
    content = f"{name},a,y\n" + "".join(f"{i},{x},{i % 3}\n" for i, x in zip(order, X, strict=True))
    path = text(tmp_path, content)
    dataset = table(path, ["y"])
    assert "1 number each (a)" in dataset.description
    assert f"Left out as numbers or names of rows: {name};" in dataset.description
    assert f"2 numbers each (a, {name})" in table(path, ["y"], ["a", name]).description


def test_row_numbers_of_other_names_are_asked(tmp_path):
    content = "time,a,y\n" + "".join(f"{i},{x},{i % 3}\n" for i, x in enumerate(X))
    path = text(tmp_path, content)
    with pytest.raises(UserError, match=r"must name the columns to learn from, as time numbers the rows"):
        table(path, ["y"])
    assert "From row to row time rises." in table(path, ["y"], ["time", "a"]).description
    # Not from 0 or 1: said, but taken.
    later = table(text(tmp_path, content.replace("\n0,", "\n-7,")), ["y"]).description
    assert "2 numbers each (time, a)" in later
    assert "From row to row time rises." in later


def test_ids_that_repeat_are_inputs(tmp_path):
    content = "id,a,y\n" + "".join(f"{i % 20},{x},{i % 3}\n" for i, x in enumerate(X))
    assert "2 numbers each (id, a)" in table(text(tmp_path, content), ["y"]).description


def test_target_in_other_words_is_told(tmp_path):
    content = "code,a,y\n" + "".join(f"{7 * (i % 3)},{x},c{i % 3}\n" for i, x in enumerate(X))
    assert (
        "code tells y: each value of one stands with one value of" in table(text(tmp_path, content), ["y"]).description
    )


def test_many_inputs_are_named_first_and_last(tmp_path):
    names = [f"{400 + i / 2:.2f}" for i in range(30)]
    rows = RNG.normal(size=(40, 30)).round(3)
    content = ",".join([*names, "y"]) + "\n"
    content += "".join(",".join([*map(str, row), str(i % 2)]) + "\n" for i, row in enumerate(rows))
    assert "30 numbers each (400.00 to 414.50), from" in table(text(tmp_path, content), ["y"]).description


def test_empty_inputs_are_refused(tmp_path):
    content = "a,b,y\n" + "".join(f"{x},,{i % 3}\n" for i, x in enumerate(X))
    with pytest.raises(UserError, match="the column b must be filled, got nothing in 60 of 60 rows"):
        table(text(tmp_path, content), ["y"])


def test_placeholders_are_told(tmp_path):
    content = "a,b,y\n" + "".join(f"{x},{-999 if i % 6 == 0 else i % 5},{i % 3}\n" for i, x in enumerate(X))
    said = "b holds -999 far from all else: set dataset.missing=[-999] if it is missing."
    assert said in table(text(tmp_path, content), ["y"]).description
    plain = table(text(tmp_path, content.replace("-999", "-9")), ["y"]).description
    assert "far from" not in plain
    assert "far from" not in table(text(tmp_path, content), ["y"], missing=["-999"], prepare=True).description
    # Of air quality in Italian cities, any value may be missing, the target too.
    content = content.replace("-999", "-200").replace(",0\n", ",-200\n")
    said = "y, b hold -200 far from all else: set dataset.missing=[-200] if it is missing."
    assert said in table(text(tmp_path, content), ["b"], kind="regression").description


def test_a_mark_among_numbers_is_any_spelling_of_the_number(tmp_path):
    """Air quality has -200 and -200,0: of a target, whose fields are read as they are written, too."""
    content = "a;y\n" + "".join(f"{x};{'-200,0' if i % 6 == 0 else f'{i % 7},5'}\n" for i, x in enumerate(X))
    said = table(text(tmp_path, content.replace(".", ",")), ["y"], missing=["-200"]).description
    assert "the target y from 0.5 to 6.5" in said
    assert "10 samples without a target (written -200.0) left out" in said


def test_ids_without_a_name_are_told(tmp_path):
    rows = "".join(f"{845_000 + 7919 * i % 10_007},{x},{'MB'[i % 2]}\n" for i, x in enumerate(X))
    assert "Different in every row: 1." in table(text(tmp_path, rows), ["3"]).description


def test_a_copy_of_a_real_target_is_told(tmp_path):
    content = "a,b,y\n" + "".join(f"{x},{i % 7},{x}\n" for i, x in enumerate(X))
    assert "a tells y" in table(text(tmp_path, content), ["y"]).description


def test_names_move_no_cursor(tmp_path):
    """Neither in what is said nor in an error."""
    path = text(tmp_path, "a\x1b[2J,y\n" + "".join(f"{x},{i % 3}\n" for i, x in enumerate(X)))
    assert "1 number each (a\ufffd[2J)" in table(path, ["y"]).description
    with pytest.raises(UserError, match="a\ufffd"):
        table(path, ["z"])
