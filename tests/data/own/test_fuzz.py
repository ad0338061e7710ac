"""Whatever the file: a data set that is what the file holds, or one sentence. No traceback, hang or much memory."""

import csv
import io
import math
import struct
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from sharegap.data.own import arrays, images, table
from sharegap.data.own.assemble import Own, assemble
from sharegap.data.own.targets import Column
from sharegap.errors import UserError
from tests.data.own.files import X, Y, fresh, image_folder, npz, peak, text


def cases(number):
    """The tests of a kind of file have 500 and more together."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=number, deadline=5000, suppress_health_check=checks)


MUCH = 400
"""MiB: what is always read, in double precision for a moment, and the libraries' own."""


@pytest.fixture(autouse=True)
def little_memory():
    before = peak()
    yield
    assert peak() < before + MUCH


def sound(load, *arguments, **options):
    """The data set, or None where there is one sentence instead."""
    try:
        dataset, sentence = load(*arguments, **options), "fine"
    except UserError as error:
        dataset, sentence = None, str(error)
    assert len(sentence.splitlines()) == 1
    if dataset is None:
        return None
    for x in (dataset.x, dataset.x_test):
        assert x.isfinite().all()
        assert len(x)
    assert dataset.understood
    return dataset


def same(one, other):
    return all(torch.equal(getattr(one, part), getattr(other, part)) for part in ("x", "y", "x_test", "y_test"))


def bytes_changed(content):
    """The `content` with some bytes replaced, left out or added, or cut short."""
    place = st.integers(0, len(content) - 1)
    change = st.tuples(place, st.sampled_from(["set"] * 5 + ["drop", "add", "cut"]), st.binary(min_size=1, max_size=4))

    def apply(changes):
        changed = bytearray(content)
        for at, how, new in changes:
            if how == "cut":
                del changed[at:]
            else:
                changed[at : at + (0 if how == "add" else len(new))] = b"" if how == "drop" else new
        return bytes(changed)

    return st.lists(change, min_size=1, max_size=2).map(apply)


def archive(compress=zipfile.ZIP_STORED, **members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compress) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return stream.getvalue()


def member(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


NPZ = archive(x=member(X), y=member(Y))


@cases(150)
@given(content=bytes_changed(NPZ))
def test_an_npz_with_changed_bytes_is_refused_or_still_what_it_was(tmp_path, content):
    path = fresh(tmp_path, ".npz")
    path.write_bytes(content)
    dataset = sound(arrays, path)
    if dataset is not None:
        assert same(dataset, arrays(npz(tmp_path, x=X, y=Y)))


kinds = st.sampled_from([None, "multitask", "regression", "pairs", "reconstruction"])
KNOWN = ("<f8", ">f4", "<i8", "|b1", "|u1", "<U3")
types = st.sampled_from(KNOWN)
others = st.sampled_from(["|O", "<c16", "<M8[s]", "|S2", "|V8", [("a", "<f8")], ("<f8", (2,)), "", 3, None])
sizes = st.sampled_from([0, 1, 2, 3, 4, 12, 40])
huge = st.sampled_from([-1, 10**6, 2**31, 2**62, 2**70])


def mostly(usual, seldom):
    return st.integers(0, 5).flatmap(lambda chance: usual if chance else seldom)


@st.composite
def members(draw):
    """An npy whose header may say anything of the bytes that follow."""
    descr = draw(mostly(types, others))
    shape = tuple(draw(st.lists(mostly(sizes, huge), max_size=3) | st.just([40]) | st.just([40, 4])))
    header = repr({"descr": descr, "fortran_order": draw(mostly(st.booleans(), st.just("no"))), "shape": shape})
    header = draw(mostly(st.just(header), st.text(max_size=60))).encode("latin1", errors="replace")
    version = draw(mostly(st.just(b"\x01\x00"), st.sampled_from([b"\x02\x00", b"\x03\x00", b"\x09\x09"])))
    length = draw(mostly(st.just(len(header)), st.integers(0, 60_000)))
    size = math.prod(shape) * (int(descr[2:]) * (4 if descr[1] == "U" else 1) if descr in KNOWN else 1)
    body = draw(st.binary(min_size=16, max_size=16)) * (max(0, min(size, 10**6)) // 16 + 1)
    body = body[: draw(mostly(st.just(min(size, 10**6)), st.integers(0, 5000)))]
    return b"\x93NUMPY" + version + struct.pack("<H" if version[0] == 1 else "<I", length) + header + body


@cases(200)
@given(x=members() | st.just(member(X)), y=members() | st.just(member(Y)), packed=st.booleans(), kind=kinds)
def test_an_npz_whose_headers_lie_is_refused(tmp_path, x, y, packed, kind):
    path = fresh(tmp_path, ".npz")
    path.write_bytes(archive(zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED, x=x, y=y))
    sound(arrays, path, kind)


numbers = hnp.integer_dtypes() | hnp.unsigned_integer_dtypes() | hnp.floating_dtypes() | st.just(np.dtype(bool))
lengths = st.sampled_from([1, 9, *[10, 11, 12, 16] * 3])
labels = st.sampled_from([np.dtype("i1"), np.dtype("u8"), np.dtype("f4"), np.dtype("U2"), np.dtype(bool)])


@st.composite
def pairs_of_arrays(draw):
    """x and y, mostly of one length."""
    samples = draw(lengths)
    shape = (samples, *draw(st.lists(st.integers(1, 4), max_size=3) | st.just([2, 3])))
    of_y = (
        draw(mostly(st.just(samples), lengths)),
        *draw(mostly(st.just([]), st.sampled_from([[1], [2], [0], [2, 2]]))),
    )
    few = st.integers(-1, 2) if draw(st.booleans()) else None
    dtype, dtype_y = draw(numbers), draw(labels)
    elements = few if few is not None and dtype_y.kind in "if" else None
    return draw(hnp.arrays(dtype, shape)), draw(hnp.arrays(dtype_y, of_y, elements=elements))


@cases(200)
@given(both=pairs_of_arrays(), kind=kinds)
def test_any_arrays_are_refused_or_their_targets_are_those_of_the_file(tmp_path, both, kind):
    x, y = both
    dataset = sound(arrays, npz(tmp_path, x=x, y=y), kind)
    if dataset is None:
        return
    assert len(dataset.x) + len(dataset.x_test) <= len(x)
    got = torch.cat([dataset.y, dataset.y_test])
    if dataset.kind in ("classification", "pairs"):
        assert sorted(got.bincount().tolist()) == sorted(np.unique(y[y == y], return_counts=True)[1].tolist())
    if dataset.kind == "regression":
        missing = np.isnan(y.reshape(len(y), -1).astype(float))
        assert got.isnan().sum() == missing.sum() - missing.all(1).sum() * missing.shape[1]


cells = (
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr)
    | st.integers(-(10**6), 10**6).map(str)
    | st.sampled_from(["", "nan", "inf", "-1", "1e400", "a", '"b, c"', "true", "0x1f", " 7", "1_000", "9" * 30, "é"])
)


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
def test_a_csv_is_refused_or_read_as_pythons_csv_and_float_read_it(tmp_path, content, kind):
    dataset = sound(table, text(tmp_path, content), ["a"], kind=kind)
    if dataset is None or dataset.kind != "regression":
        return
    header, *rows = [row for row in csv.reader(io.StringIO(content, newline="")) if row]
    values = [[float({"": "nan", "true": "1"}.get(field, field)) for field in row] for row in rows]
    expected = np.array(values)
    target = header.index("a")
    column = Column("a", expected[:, target], np.zeros(len(rows), dtype=bool))
    own = Own("t", np.delete(expected, target, 1), [column])
    assert same_up_to_missing(dataset, assemble(own, "regression"))


def same_up_to_missing(one, other):
    return all(
        torch.equal(getattr(one, part).nan_to_num(math.pi), getattr(other, part).nan_to_num(math.pi))
        for part in ("x", "y", "x_test", "y_test")
    )


CSV = ("a,b,c\n" + "".join(f"{x[0]},{x[1]},{y}\n" for x, y in zip(X, Y, strict=True))).encode()


@cases(200)
@given(
    content=bytes_changed(CSV) | st.binary(max_size=200) | st.binary(max_size=100).map(lambda b: b"PAR1" + b + b"PAR1")
)
def test_a_csv_of_any_bytes_is_refused_or_read(tmp_path, content):
    sound(table, text(tmp_path, content), ["c"])


@pytest.fixture(scope="module")
def parquet(tmp_path_factory):
    import polars as pl

    path = tmp_path_factory.mktemp("parquet") / "t.parquet"
    pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": Y}).write_parquet(path)
    return path.read_bytes()


@cases(150)
@given(data=st.data())
def test_a_parquet_with_changed_bytes_is_refused_or_read(tmp_path, parquet, data):
    sound(table, text(tmp_path, data.draw(bytes_changed(parquet))), ["c"])


ENDINGS = (".png", ".jpg", ".bmp", ".gif", ".ppm", ".tif", ".webp")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {end: image_folder(tmp_path_factory.mktemp("images"), ending=end) for end in ENDINGS}


@cases(250)
@given(data=st.data(), ending=st.sampled_from(ENDINGS))
def test_a_changed_image_is_refused_or_read(folders, data, ending):
    root = folders[ending]
    original = (root / "cat" / f"0{ending}").read_bytes()
    changed = fresh(root / "cat", ending)
    changed.write_bytes(data.draw(bytes_changed(original) | st.binary(max_size=50) | st.just(b"")))
    try:
        dataset = sound(images, root)
    finally:
        changed.unlink()
    if dataset is not None:
        assert dataset.sample_shape[1:] == (4, 5)
        assert len(dataset.y) + len(dataset.y_test) == 13


names = st.sampled_from(["a", "b", "c", ".hidden", "é", "A.png", "a b"])
leaf = mostly(st.just("image"), st.sampled_from(["large", "grey", "text", "empty"]))
files = st.dictionaries(mostly(st.integers(0, 30).map(lambda i: f"{i}.png"), names), leaf, min_size=5, max_size=7)
trees = st.dictionaries(names, mostly(files, st.just({})), min_size=2, max_size=4) | st.dictionaries(names, files)


@cases(250)
@given(tree=trees)
def test_any_tree_of_files_is_refused_or_read(tmp_path, tree):
    root = fresh(tmp_path, "")
    root.mkdir()
    for number, (folder, files) in enumerate(tree.items()):
        (root / folder).mkdir()
        for name, what in files.items():
            path = root / folder / name
            if what in ("text", "empty"):
                path.write_text("text" if what == "text" else "")
            else:
                size = (6, 3) if what == "large" else (3, 3)
                Image.new("L" if what == "grey" else "RGB", size, 40 * number + len(name)).save(path, "png")
    dataset = sound(images, root)
    if dataset is not None:
        shown = [name for name in tree if name != ".hidden"]
        assert dataset.classes == len(shown)
