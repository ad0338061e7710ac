"""CIFAR-10's archive and its copy of JPEGs: read to the byte, or refused."""

import gzip
import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from sharegap.data.sets.cifar import TEST, TRAIN, read_binary, read_jpegs
from sharegap.errors import UserError
from tests.data.published import jpegs, tar_gz
from tests.data.reading import BATCHES, TAR, read

RNG = np.random.default_rng(0)


def test_cifar_is_read_to_the_byte(archive):
    # The official archive does not hold them in order.
    shuffled = {"cifar-10-batches-bin/readme.html": b"<html>"} | dict(reversed(BATCHES.items()))
    x, y, x_test, y_test = read("cifar", archive, tar_gz(shuffled))
    got = [
        np.concatenate([labels[:, None], pixels.reshape(-1, 3072)], 1) for labels, pixels in ((y, x), (y_test, x_test))
    ]
    assert got[0].tobytes() == b"".join(BATCHES[name] for name in TRAIN)
    assert got[1].tobytes() == BATCHES[TEST]
    assert x.shape == (10, 3, 32, 32)


def member(name, size, kind=tarfile.REGTYPE):
    """A tar header that claims `size` bytes."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


RECORDS = len(BATCHES[TEST])
HOSTILE_TARS = {
    "a member of 8 EB": member(TRAIN[0], 2**63 - 1) + bytes(10**4),
    "a negative size": member(TRAIN[0], -512) + bytes(10**4),
    "a name of 1 TB": member("././@LongLink", 2**40, tarfile.GNUTYPE_LONGNAME) + bytes(10**4),
    "a pax header of 1 TB": member("x", 2**40, tarfile.XHDTYPE) + bytes(10**4),
    "zeros without end": member("x", 2**27) + bytes(2**27),
    "a link of a batch's name": member(TRAIN[0], 0, tarfile.SYMTYPE) + TAR,
    "a batch twice": member(TRAIN[0], RECORDS) + BATCHES[TRAIN[0]].ljust(-(-RECORDS // 512) * 512, b"\0") + TAR,
}


@pytest.mark.parametrize("content", HOSTILE_TARS.values(), ids=HOSTILE_TARS)
def test_hostile_tar_is_refused(archive, content):
    assert read("cifar", archive, gzip.compress(content, 9)) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({TRAIN[3]: None}, "data_batch_4.bin is missing"),
        ({TEST: b""}, "has 0 bytes"),
        ({TEST: BATCHES[TEST][:-1]}, "no multiple of an image"),
        ({TEST: bytes([10]) + BATCHES[TEST][1:]}, "it has the label 10"),
    ],
)
def test_bad_cifar_is_refused(archive, change, reason):
    batches = {name: content for name, content in (BATCHES | change).items() if content is not None}
    archive.write_bytes(tar_gz(batches))
    with pytest.raises(UserError, match=reason):
        read_binary(archive)


def test_jpegs_are_read_as_by_pillow(archive):
    archive.write_bytes(jpegs(RNG, 20))
    x, y = read_jpegs(archive)
    stored = np.load(archive)
    assert y.tolist() == stored["labels"].tolist()
    for index in range(20):
        start, end = stored["offsets"][index : index + 2]
        image = np.asarray(Image.open(io.BytesIO(stored["jpeg_bytes"][start:end].tobytes())))
        assert np.array_equal(x[index].transpose(1, 2, 0), image)


def saved(**arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


SOUND_JPEGS = dict(np.load(io.BytesIO(jpegs(RNG, 4))))
OFFSETS = SOUND_JPEGS["offsets"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"labels": None}, "it must hold jpeg_bytes"),
        ({"labels": np.array([0, 1, 2, 10])}, "labels that are no classes"),
        ({"labels": np.array([0, 1, 2])}, "not one label for each image"),
        ({"labels": np.array([0.0, 1, 2, 3])}, "no integers"),
        ({"offsets": OFFSETS[::-1].copy()}, "do not divide its jpeg_bytes"),
        ({"offsets": OFFSETS + 1}, "do not divide its jpeg_bytes"),
        ({"jpeg_bytes": SOUND_JPEGS["jpeg_bytes"].astype(float)}, "no row of bytes"),
        ({"jpeg_bytes": np.zeros(OFFSETS[-1], np.uint8)}, "cannot identify image file"),
    ],
)
def test_bad_jpegs_are_refused(archive, change, reason):
    archive.write_bytes(saved(**{name: array for name, array in (SOUND_JPEGS | change).items() if array is not None}))
    with pytest.raises(UserError, match=reason):
        read_jpegs(archive)
