"""Whatever the file: a data set that is what the file holds, or one sentence. No traceback, hang or much memory."""

import io
import math
import struct
import zipfile

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sharegap.data.formats.header import MISSING_MARKS
from sharegap.data.user import arrays
from tests.data.user.files import X, Y, fresh, npz
from tests.data.user.fuzz import bytes_changed, cases, mostly, same, sound


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
def test_changed_npz_is_refused_or_unchanged(tmp_path, content):
    path = fresh(tmp_path, ".npz")
    path.write_bytes(content)
    dataset = sound(arrays, path)
    if dataset is not None:
        assert same(dataset, arrays(npz(tmp_path, x=X, y=Y)))


kinds = st.sampled_from([None, "multitask", "regression", "pairs", "reconstruction"])
KNOWN = ("<f8", ">f4", "<i8", "|b1", "|u1", "<U3")
types = st.sampled_from(KNOWN)
rare_types = st.sampled_from(["|O", "<c16", "<M8[s]", "|S2", "|V8", [("a", "<f8")], ("<f8", (2,)), "", 3, None])
sizes = st.sampled_from([0, 1, 2, 3, 4, 12, 40])
huge = st.sampled_from([-1, 10**6, 2**31, 2**62, 2**70])


@st.composite
def members(draw):
    """An npy whose header may say anything of the bytes that follow."""
    descr = draw(mostly(types, rare_types))
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
def test_false_npz_headers_are_refused(tmp_path, x, y, packed, kind):
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
    shape_y = (
        draw(mostly(st.just(samples), lengths)),
        *draw(mostly(st.just([]), st.sampled_from([[1], [2], [0], [2, 2]]))),
    )
    few = st.integers(-1, 2) if draw(st.booleans()) else None
    dtype, dtype_y = draw(numbers), draw(labels)
    elements = few if few is not None and dtype_y.kind in "if" else None
    return draw(hnp.arrays(dtype, shape)), draw(hnp.arrays(dtype_y, shape_y, elements=elements))


def present(y):
    """The targets that are there: text may say that one is missing."""
    if y.dtype.kind != "U":
        return y[y == y]
    texts = np.char.strip(y)
    return texts[~np.isin(texts, ["", *MISSING_MARKS])]


@cases(200)
@given(both=pairs_of_arrays(), kind=kinds)
def test_any_arrays_are_refused_or_read(tmp_path, both, kind):
    x, y = both
    dataset = sound(arrays, npz(tmp_path, x=x, y=y), kind)
    if dataset is None:
        return
    assert len(dataset.x) + len(dataset.x_test) <= len(x)
    got = torch.cat([dataset.y, dataset.y_test])
    if dataset.kind in ("classification", "pairs"):
        assert sorted(got.bincount().tolist()) == sorted(np.unique(present(y), return_counts=True)[1].tolist())
    if dataset.kind == "regression":
        missing = np.isnan(y.reshape(len(y), -1).astype(float))
        assert got.isnan().sum() == missing.sum() - missing.all(1).sum() * missing.shape[1]
