"""Damaged archives of the published data sets, at least 500 of each: refused in a sentence, or read to the byte."""

import gzip
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharegap.data.sets import omniglot_files
from tests.data.reading import CIFAR, IDX, PNGS, TAR, header, read, zipped

DRAWERS = 4
"""Of a character of Omniglot: fewer than published take less time."""
FEW = PNGS[:DRAWERS]
FILES = {"idx": IDX, "cifar": CIFAR, "omniglot": zipped(FEW)}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("archives") / "archive"


@pytest.fixture(scope="module", autouse=True)
def fewer_drawers():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(omniglot_files, "DRAWERS", DRAWERS)
        yield


@pytest.fixture(scope="module")
def sound(path, fewer_drawers):
    """What the parsers return for the sound files."""
    return {kind: read(kind, path, content) for kind, content in FILES.items()}


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "set"]), st.floats(0, 1), st.integers(0, 255), st.integers(1, 80)
    ),
    min_size=1,
    max_size=3,
)


def changed(content, changes):
    """Bytes flipped, cut out, put in, or set to one value (such as the largest number)."""
    data = bytearray(content)
    for kind, where, value, length in changes:
        at = int(where * len(data))
        if kind == "flip":
            data[at : at + 1] = bytes(byte ^ (value or 1) for byte in data[at : at + 1])
        elif kind == "cut":
            del data[at : at + length**2]
        elif kind == "insert":
            data[at:at] = bytes([value]) * length
        else:
            data[at : at + min(length, 8)] = b"\xff" * len(data[at : at + min(length, 8)])
    return bytes(data)


fuzzed = settings(max_examples=500, deadline=None)


@pytest.mark.parametrize("kind", FILES)
@fuzzed
@given(changes=CHANGES)
def test_changed_file_is_refused_or_unchanged(path, sound, kind, changes):
    """The checksums of gzip and zip cover every byte that is read."""
    arrays = read(kind, path, changed(FILES[kind], changes))
    if arrays is not None:
        assert all(np.array_equal(*pair) for pair in zip(arrays, sound[kind], strict=True))


@fuzzed
@given(changes=CHANGES)
def test_changed_idx_with_valid_checksum(path, changes):
    """It is refused, or read to the byte."""
    content = changed(gzip.decompress(IDX), changes)
    arrays = read("idx", path, gzip.compress(content))
    if arrays is not None:
        assert header(len(arrays[0])) + arrays[0].tobytes() == content


@fuzzed
@given(changes=CHANGES)
def test_changed_tar_with_valid_checksum(path, changes):
    """What is returned stands in the archive in whole batches, and every batch is there."""
    content = changed(TAR, changes)
    arrays = read("cifar", path, gzip.compress(content, 1))
    if arrays is not None:
        x, y, x_test, y_test = arrays
        assert max(y.max(), y_test.max()) < 10
        for labels, pixels in ((y, x), (y_test, x_test)):
            for start in range(0, len(labels), 2):
                part = slice(start, start + 2)
                records = np.concatenate([labels[part, None], pixels[part].reshape(-1, 3072)], 1)
                assert len(records) == 2
                assert content.find(records.tobytes()) % 512 == 0


@fuzzed
@given(which=st.integers(0, DRAWERS - 1), changes=CHANGES)
def test_changed_image_with_valid_checksum(path, sound, which, changes):
    """It is refused, or has the published size, and the unchanged are unchanged."""
    members = list(FEW)
    members[which] = (members[which][0], changed(members[which][1], changes))
    arrays = read("omniglot", path, zipped(members, zipfile.ZIP_STORED))
    if arrays is not None:
        assert arrays[0].shape == (DRAWERS, 28, 28)
        unchanged = np.arange(DRAWERS) != which
        assert np.array_equal(arrays[0][unchanged], sound["omniglot"][0][unchanged])
