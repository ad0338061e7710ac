"""The forms in which programs write tables: each is read as the plain one, and said where it is another."""

import bz2
import codecs
import gzip
import lzma

import numpy as np
import polars as pl
import pytest
import torch

from sharegap.data.user import table
from sharegap.errors import UserError
from tests.data.user.files import RNG, fresh, peak, text, zipped

X = RNG.normal(2, 3, (60, 3)).round(2)
KIND = np.array(["late", "eärly"])[RNG.integers(0, 2, 60)]
ROWS = [[*(f"{value:.2f}" for value in row), kind] for row, kind in zip(X, KIND, strict=True)]
NAMES = ["width", "depth", "height", "kind"]
PARTS = ("x", "y", "x_test", "y_test")


def lines(rows=ROWS, names=NAMES, separator=",", end="\n"):
    return "".join(separator.join(row) + end for row in [names, *rows])


def decimal_commas(separator):
    return lines([[field.replace(".", ",") for field in row] for row in ROWS], separator=separator)


def aligned(fields):
    return "".join(f" {field:>9}" for field in fields)


PLAIN = lines()
FORMS = {
    "gzip": (gzip.compress(PLAIN.encode()), "Form: gzip."),
    "bzip2": (bz2.compress(PLAIN.encode()), "Form: bzip2."),
    "xz": (lzma.compress(PLAIN.encode()), "Form: xz."),
    "zip": (zipped({"t.csv": PLAIN}), "Form: t.csv in a zip archive."),
    "zip of a Mac": (zipped({"t/t.csv": PLAIN, "__MACOSX/t.csv": "x"}), "Form: t/t.csv in a zip archive."),
    "a mark of UTF-8": (codecs.BOM_UTF8 + PLAIN.encode(), None),
    "UTF-16": (PLAIN.encode("utf-16"), "Form: UTF-16."),
    "UTF-16 of the other order": (codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), "Form: UTF-16."),
    "UTF-32": (PLAIN.encode("utf-32"), "Form: UTF-32."),
    "Windows": (PLAIN.encode("cp1252"), "Form: text of Windows-1252, as it is no UTF-8."),
    "text of Excel": (lines(separator="\t", end="\r\n").encode("utf-16"), "Form: UTF-16, fields separated by tabs."),
    "all at once": (
        gzip.compress((decimal_commas(";").replace(";", " ; ") + "\n\n").encode("utf-16")),
        "Form: gzip, UTF-16, fields separated by semicolons, decimal commas. 2 blank rows left out.",
    ),
    "semicolons": (lines(separator=";"), "Form: fields separated by semicolons."),
    "decimal commas": (decimal_commas(";"), "fields separated by semicolons, decimal commas."),
    "tabs": (lines(separator="\t"), "Form: fields separated by tabs."),
    "tabs and decimal commas": (decimal_commas("\t"), "fields separated by tabs, decimal commas."),
    "bars": (lines(separator="|"), "Form: fields separated by bars."),
    "spaces": ("".join(aligned(row) + " \n" for row in [NAMES, *ROWS]), "Form: fields separated by spaces."),
    "a space after commas": (lines(separator=", "), None),
    "spaces around names": (lines(names=[" width ", "depth", "height\t", " kind"]), None),
    "line ends of Windows": (lines(end="\r\n"), None),
    "line ends of old Macs": (lines(end="\r"), None),
    "old Macs and a last line end": (lines(end="\r") + "\n", None),
    "no last line end": (PLAIN.removesuffix("\n"), None),
    "blank lines at the end": (PLAIN + "\n\n,,,\n", "3 blank rows left out."),
    "blank lines inside": (PLAIN.replace("\n", "\n\n", 9), "9 blank rows left out."),
    "blank lines before": ("\n\n" + PLAIN, None),
    "a comma at the end": (lines(end=",\n"), "Left out: column 5, without a name and empty."),
    "commas at the end": (lines(end=",,,\n"), "Left out: column 5, column 6, column 7, without a name and empty."),
    "two bars": (lines(separator="||"), "Left out: column 2, column 4, column 6, without a name and empty."),
    "signs and exponents": (lines([[*(f"{float(field):+e}" for field in row[:3]), row[3]] for row in ROWS]), None),
    "no-break spaces": (lines([[f"\xa0{field}" for field in row] for row in ROWS]), None),
    "quotes": (lines([[f'"{field}"' for field in row] for row in ROWS], [f'"{name}"' for name in NAMES]), None),
    "index of pandas": (lines([[str(i), *row] for i, row in enumerate(ROWS)], ["", *NAMES]), "rows: column 1;"),
    "index twice": (
        lines([[str(i), str(i), *row] for i, row in enumerate(ROWS)], ["", "Unnamed: 0", *NAMES]),
        "rows: column 1, Unnamed: 0;",
    ),
    "row names of R": (lines([[f'"r{i}"', *row] for i, row in enumerate(ROWS)], ['""', *NAMES]), "rows: column 1;"),
    "row names of R without a name": (
        "\n".join([",".join(NAMES), *(f"r{i}," + ",".join(row) for i, row in enumerate(ROWS))]),
        "rows: column 1;",
    ),
    "table of R": (
        " ".join(f'"{name}"' for name in NAMES)
        + "\n"
        + "".join(f'"{i}" {" ".join(row[:3])} "{row[3]}"\n' for i, row in enumerate(ROWS)),
        "rows: column 1;",
    ),
    "a comma at the end of rows": (PLAIN.replace("\n", ",\n").replace(",\n", "\n", 1), "Left out: column 5, without a"),
    "separator line of Excel": ("sep=;\r\n" + lines(separator=";"), "Form: fields separated by semicolons."),
    "comments above": ("# made by a logger\n# at noon\n" + PLAIN, "Form: 2 lines of comments left out."),
    "Id": (lines([[*row, str(i + 1)] for i, row in enumerate(ROWS)], [*NAMES, "Id"]), "rows: Id;"),
    "PassengerId": (lines([[str(7 * i), *row] for i, row in enumerate(ROWS)], ["PassengerId", *NAMES]), "PassengerId;"),
    "text ids": (lines([[f"u-{i}", *row] for i, row in enumerate(ROWS)], ["user_id", *NAMES]), "rows: user_id;"),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return table(text(tmp_path_factory.mktemp("plain"), PLAIN), ["kind"])


def assert_same(dataset, expected):
    for part in PARTS:
        assert torch.equal(getattr(dataset, part), getattr(expected, part))


def test_plain_form_says_nothing(plain):
    counts = {name: int((name == KIND).sum()) for name in ("eärly", "late")}
    classes = ", ".join(f"{name} ({count})" for name, count in counts.items())
    assert (
        f"classification, 2 classes: {classes}. 60 samples: 3 numbers each (width, depth, height)" in plain.description
    )
    assert "Form" not in plain.description
    assert "eft out" not in plain.description
    assert plain.sample_shape == (1, 3)


@pytest.mark.parametrize(("content", "said"), FORMS.values(), ids=FORMS)
def test_forms_are_read_as_plain(tmp_path, plain, content, said):
    dataset = table(text(tmp_path, content), ["kind"])
    assert_same(dataset, plain)
    assert ("(width, depth, height)") in dataset.description
    if said is None:
        assert dataset.description.split(": ", 1)[1] == plain.description.split(": ", 1)[1]
    else:
        assert said in dataset.description


def test_no_line_of_names_loses_no_sample(tmp_path, plain):
    path = text(tmp_path, PLAIN.partition("\n")[2])
    dataset = table(path, ["4"])
    assert_same(dataset, plain)
    assert "no line of names, so that the columns are 1 to 4" in dataset.description
    with pytest.raises(UserError, match=r"there is no column in .* 'kind': there are 1, 2, 3, 4"):
        table(path, ["kind"])
    # A name that the first line holds may be meant.
    with pytest.raises(UserError, match=r"dataset.header must be true or false"):
        table(path, [ROWS[0][3]])
    assert "59 samples" in table(path, [ROWS[0][3]], header=True).description


def test_a_number_names_a_column_of_either_reading(tmp_path):
    """Here 1 is the first column, or the third one, if the first line names the columns."""
    path = text(tmp_path, "".join(f"{20 + i % 7}.5,{3600 + i},1,car {i}\n" for i in range(30)))
    with pytest.raises(UserError, match=r"dataset.header must be true or false"):
        table(path, ["1"], prepare=True)
    assert "the target 1 from 20.5 to 26.5" in table(path, ["1"], header=False, prepare=True).description


def test_header_option_decides(tmp_path):
    content = "".join(f"{i % 7},{i % 5},{i % 2}\n" for i in range(1, 30))
    path = text(tmp_path, content)
    with pytest.raises(UserError, match=r"dataset.header must be true or false"):
        table(path, ["1"])
    assert "29 samples" in table(path, ["3"], header=False).description
    assert "28 samples" in table(text(tmp_path, "0,1,2\n" + content[6:]), ["2"]).description
    with pytest.raises(UserError, match=r"dataset.header must be true, false or null, got 'no'"):
        table(path, ["1"], header="no")


def test_parquet_forms_are_read_as_plain(tmp_path, plain):
    """Text as bytes, and the index of pandas by its own metadata, whatever its name."""
    frame = pl.DataFrame(X, NAMES[:3]).with_columns(kind=pl.Series([kind.encode() for kind in KIND]))
    path = fresh(tmp_path, ".parquet")
    frame.with_columns(when=range(60)).write_parquet(path, metadata={"pandas": '{"index_columns": ["when"]}'})
    dataset = table(path, ["kind"])
    assert_same(dataset, plain)
    with pytest.raises(UserError, match=r"dataset.header must be null for a Parquet file"):
        table(path, ["kind"], header=False)
    assert "Left out as numbers or names of rows: when; dataset.inputs=[...] takes them." in dataset.description


def test_first_line_longer_than_the_head_is_read(tmp_path):
    """Many columns of long names, and no line of names."""
    names = [f"{'x' * 600}{index}" for index in range(2000)]
    rows = [[f"{value:.1f}" for value in row] for row in RNG.normal(size=(12, 2000))]
    for row, kind in zip(rows, "abababababab", strict=True):
        row[-1] = kind
    wide = table(text(tmp_path, lines(rows, names)), [names[-1]])
    assert "12 samples: 1,999 numbers each" in wide.description
    assert_same(table(text(tmp_path, lines(rows).partition("\n")[2]), ["2000"]), wide)


def test_names_of_two_spellings_are_one(tmp_path):
    """An accent is one sign with its letter, or one of its own; a space at an end is none."""
    for name in ("gro\u0308\u00dfe", " gr\u00f6\u00dfe", "gr\u00f6\u00dfe "):
        path = fresh(tmp_path, ".parquet")
        pl.DataFrame(X, [name, "b", "c"]).with_columns(kind=pl.Series(KIND)).write_parquet(path)
        for source in (path, text(tmp_path, lines(names=[name, "b", "c", "kind"]))):
            assert "1 number each (gr\u00f6\u00dfe)" in table(source, ["kind"], "gr\u00f6\u00dfe").description


def test_a_commented_line_of_names_names(tmp_path, plain):
    dataset = table(text(tmp_path, "#" + PLAIN), ["kind"])
    assert_same(dataset, plain)
    assert "(#width, depth, height)" in dataset.description


def test_rows_longer_than_the_names_are_refused(tmp_path):
    """Where the first field is measured: which name is lacking cannot be told."""
    with pytest.raises(UserError, match="row 1 has 4 fields, and the table 3 columns"):
        table(text(tmp_path, lines(names=["width", "depth", "kind"])), ["kind"])


def test_quoted_line_breaks_are_text(tmp_path):
    """In a name, and in a class."""
    rows = [[*row[:3], f'"{row[3]}, or\nso"'] for row in ROWS]
    names = ['"wi\ndth"', "depth", "height", '"ki,nd"']
    dataset = table(text(tmp_path, lines(rows, names)), ["ki,nd"])
    assert "60 samples: 3 numbers each" in dataset.description
    assert "late, or\ufffdso" in dataset.description


def test_two_equal_values_in_a_first_sample(tmp_path):
    content = "0.61,7,7,1\n" + "".join(f"{x[0]},{x[1]},{i % 7},{i % 2}\n" for i, x in enumerate(X))
    assert "61 samples: 3 numbers each (1, 2, 3)" in table(text(tmp_path, content), ["4"]).description


def test_a_line_of_commas_takes_no_memory(tmp_path):
    before = peak()
    with pytest.raises(UserError, match="must have at most 20,000 columns, got 20000001"):
        table(text(tmp_path, b"," * 20_000_000 + b"\n"), ["y"])
    assert peak() < before + 160


def test_points_between_thousands_are_told(tmp_path):
    """Where 999 has no point and 1.000 has one."""
    rows = [f"{i * 37 % 1900 + 1:,}".replace(",", ".") + f";{i % 7};{i % 2}\n" for i in range(60)]
    said = "points before three digits read as decimal points"
    assert said in table(text(tmp_path, "a;b;y\n" + "".join(rows)), ["y"]).description
    measured = [f"{i / 8:.3f};{i % 7};{i % 2}\n" for i in range(60)]
    assert said not in table(text(tmp_path, "a;b;y\n" + "".join(measured)), ["y"]).description


def test_short_fields_take_little_memory(tmp_path):
    """One digit and a comma: eight times the file."""
    content = np.full((60_000, 200), ord(","), dtype=np.uint8)
    content[:, ::2] = RNG.integers(ord("0"), ord("9"), (60_000, 100), dtype=np.uint8)
    content[:, -1] = ord("\n")
    path = text(tmp_path, ",".join(f"c{i}" for i in range(100)).encode() + b"\n" + content.tobytes())
    before = peak()
    assert "60,000 samples: 99 numbers each" in table(path, ["c0"]).description
    assert peak() < before + 8 * path.stat().st_size / 2**20
