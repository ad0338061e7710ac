"""The parsers of published files: what they read of sound ones, and that they refuse all others."""

import gzip
import io
import struct
import tarfile
import zlib

import numpy as np
import pytest
from PIL import Image

from sharegap.data.formats.idx import read_idx
from sharegap.data.sets.cifar import TEST, TRAIN, read_binary, read_jpegs
from sharegap.data.sets.omniglot_files import read_npz28, read_zip
from sharegap.errors import UserError
from tests.data.published import drawings, jpegs, omniglot_zip, png, tar_gz
from tests.data.reading import BATCHES, IDX, IMAGES, PNGS, TAR, header, read, zipped

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("archives") / "archive"


# -- sound files --------------------------------------------------------------------------------------------


def test_idx_is_read_to_the_byte(path):
    [images] = read("idx", path, IDX)
    assert np.array_equal(images, IMAGES)


def test_cifar_is_read_to_the_byte(path):
    # The official archive does not hold them in order.
    shuffled = {"cifar-10-batches-bin/readme.html": b"<html>"} | dict(reversed(BATCHES.items()))
    x, y, x_test, y_test = read("cifar", path, tar_gz(shuffled))
    got = [
        np.concatenate([labels[:, None], pixels.reshape(-1, 3072)], 1) for labels, pixels in ((y, x), (y_test, x_test))
    ]
    assert got[0].tobytes() == b"".join(BATCHES[name] for name in TRAIN)
    assert got[1].tobytes() == BATCHES[TEST]
    assert x.shape == (10, 3, 32, 32)


def test_omniglot_order(path):
    """By alphabet, character and drawer, whatever the order in the archive."""
    sound = drawings(np.random.default_rng(1), [2, 3])
    shuffled = dict(sorted(sound.items(), key=lambda pair: pair[0][::-1]))
    images, character, alphabet = read("omniglot", path, omniglot_zip(shuffled))
    assert character.tolist() == np.repeat(np.arange(5), 20).tolist()
    assert alphabet.tolist() == [0] * 40 + [1] * 60
    for image, name in zip(images, sorted(sound), strict=True):
        assert np.abs(image - means(sound[name])).max() <= 1


def means(drawing):
    """The mean ink of each of 28 × 28 equal parts of a drawing (105, 105)."""
    part = np.ceil((np.arange(105) + 0.5) * 28 / 105) - 1  # which part each pixel's middle is in
    within = np.equal.outer(np.arange(28), part)
    within = within / within.sum(1, keepdims=True)
    return 255 * within @ ~drawing @ within.T


def test_jpegs_are_read_as_by_pillow(path):
    path.write_bytes(jpegs(RNG, 20))
    x, y = read_jpegs(path)
    stored = np.load(path)
    assert y.tolist() == stored["labels"].tolist()
    for index in range(20):
        start, end = stored["offsets"][index : index + 2]
        image = np.asarray(Image.open(io.BytesIO(stored["jpeg_bytes"][start:end].tobytes())))
        assert np.array_equal(x[index].transpose(1, 2, 0), image)


# -- what files claim ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it ends within its header"),
        (header(7)[:-1], "it ends within its header"),
        (header(2**32 - 1) + bytes(15), "it ends before its 4294967295 samples"),
        (header(0), "it has no samples"),
        (header(1, magic=0xD03) + bytes(15), "it is no IDX file of bytes"),
        (header(1, magic=0x801) + bytes(15), "it is no IDX file of bytes"),
        (header(1, 5, 3) + bytes(15), "its samples are (5, 3), not (3, 5)"),
        (header(1) + bytes(14), "it ends before its 1 samples"),
        (header(1) + bytes(16), "it continues after its 1 samples"),
        (header(2**23) + bytes(15 * 2**23), "it expands to implausibly many bytes"),
    ],
)
def test_bad_idx_is_refused(path, content, reason):
    assert read("idx", path, gzip.compress(content)) is None
    with pytest.raises(UserError) as raised:
        read_idx(path, 3, 5)
    assert reason in str(raised.value)


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
def test_hostile_tar_is_refused(path, content):
    assert read("cifar", path, gzip.compress(content, 9)) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({TRAIN[3]: None}, "data_batch_4.bin is missing"),
        ({TEST: b""}, "has 0 bytes"),
        ({TEST: BATCHES[TEST][:-1]}, "no multiple of an image"),
        ({TEST: bytes([10]) + BATCHES[TEST][1:]}, "it has the label 10"),
    ],
)
def test_bad_cifar_is_refused(path, change, reason):
    batches = {name: content for name, content in (BATCHES | change).items() if content is not None}
    path.write_bytes(tar_gz(batches))
    with pytest.raises(UserError, match=reason):
        read_binary(path)


def with_first(name=PNGS[0][0], data=PNGS[0][1]):
    return [(name, data), *PNGS[1:]]


def huge_png(side):
    """The beginning of a PNG that claims to be so large."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + bytes(100)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([], "it has not 20 drawings of each character"),
        (PNGS[1:], "it has not 20 drawings of each character"),
        ([PNGS[0], *PNGS], "is duplicated"),
        (with_first(name="../images_background/Alphabet0/character01/0001_01.png"), "it has not 20 drawings"),
        (with_first(name="images_background/Alphabet0/character99/0001_01.png"), "it has not 20 drawings"),
        (with_first(data=b"GIF89a"), "cannot identify image file"),
        (with_first(data=PNGS[0][1][:-60]), "cannot be read as the published file"),
        (with_first(data=bytes(2**24)), "is too large"),
        (with_first(data=png(np.ones((28, 28), bool))), r"is 1, \(28, 28\)"),
        (with_first(data=huge_png(20000)), "cannot be read as the published file"),
        (with_first(data=huge_png(10**6)), "cannot be read as the published file"),
    ],
)
def test_bad_omniglot_is_refused(path, members, reason):
    assert read("omniglot", path, zipped(members)) is None
    with pytest.raises(UserError, match=reason):
        read_zip(path)


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
def test_bad_jpegs_are_refused(path, change, reason):
    path.write_bytes(saved(**{name: array for name, array in (SOUND_JPEGS | change).items() if array is not None}))
    with pytest.raises(UserError, match=reason):
        read_jpegs(path)


def test_other_drawings_are_refused(path):
    path.write_bytes(saved(images=np.zeros((20, 28, 28), np.uint8), label=np.zeros(20), split=np.zeros(20)))
    with pytest.raises(UserError, match="its images are others"):
        read_npz28(path)
