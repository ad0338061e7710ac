"""Omniglot's archives and its copy at 28 pixels: read in order, or refused."""

import struct
import zlib

import numpy as np
import pytest

from sharegap.data.sets.omniglot_files import read_npz28, read_zip
from sharegap.errors import UserError
from tests.data.published import drawings, omniglot_zip, png
from tests.data.reading import PNGS, read, zipped


def means(drawing):
    """The mean ink of each of 28 × 28 equal parts of a drawing (105, 105)."""
    part = np.ceil((np.arange(105) + 0.5) * 28 / 105) - 1  # which part each pixel's middle is in
    within = np.equal.outer(np.arange(28), part)
    within = within / within.sum(1, keepdims=True)
    return 255 * within @ ~drawing @ within.T


def test_omniglot_order(archive):
    """By alphabet, character and drawer, whatever the order in the archive."""
    sound = drawings(np.random.default_rng(1), [2, 3])
    shuffled = dict(sorted(sound.items(), key=lambda pair: pair[0][::-1]))
    images, character, alphabet = read("omniglot", archive, omniglot_zip(shuffled))
    assert character.tolist() == np.repeat(np.arange(5), 20).tolist()
    assert alphabet.tolist() == [0] * 40 + [1] * 60
    for image, name in zip(images, sorted(sound), strict=True):
        assert np.abs(image - means(sound[name])).max() <= 1


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
def test_bad_omniglot_is_refused(archive, members, reason):
    assert read("omniglot", archive, zipped(members)) is None
    with pytest.raises(UserError, match=reason):
        read_zip(archive)


def test_other_drawings_are_refused(archive):
    with archive.open("wb") as file:
        np.savez(file, images=np.zeros((20, 28, 28), np.uint8), label=np.zeros(20), split=np.zeros(20))
    with pytest.raises(UserError, match="its images are others"):
        read_npz28(archive)
