"""Omniglot's drawings (Lake, Salakhutdinov & Tenenbaum 2015), as github.com/brendenlake/omniglot publishes them."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from sharegap.data.formats.guard import damaged, require
from sharegap.data.formats.npz import read_npz

PUBLISHED, SIZE, DRAWERS = 105, 28, 20
LARGEST = 2**14
"""Bytes of one image's file; the published ones have at most some hundreds."""
MEMBER = re.compile(r"images_\w+/([^/]+)/character(\d{2})/\d{4}_(\d{2})\.png")
BACKGROUND = (
    *(20, 29, 26, 41, 40, 24, 46, 14, 26, 34, 33, 22, 26, 43, 24),
    *(48, 22, 16, 52, 47, 40, 26, 40, 41, 33, 14, 42, 23, 17, 55),
)
EVALUATION = (20, 26, 26, 26, 26, 26, 45, 45, 41, 26, 47, 40, 30, 45, 46, 28, 23, 25, 42, 26)
"""How many characters each alphabet has, by name."""

Drawings = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Images (samples, 28, 28), ink bright, in uint8; and of each the character and its alphabet, both (samples,).

By alphabet, character and drawer, each character drawn by the same 20 in their order.
"""


def read_zip(path: Path) -> Drawings:
    """The drawings of an official archive, from 105 to 28 pixels by averaging; numbers from 0 for each archive.

    Raises UserError where a drawing is missing, twice there, too large, or not of the published size.
    """
    with damaged(path), zipfile.ZipFile(path) as archive:
        found: dict[tuple[str, int, int], zipfile.ZipInfo] = {}
        for member in archive.infolist():
            if match := MEMBER.fullmatch(member.filename):
                place = match[1], int(match[2]), int(match[3])
                require(place not in found, f"{member.filename} is there twice")
                found[place] = member
        alphabets = _complete(set(found))
        images = np.stack([_image(archive, found[place]) for place in sorted(found)])
    return images, *_numbers(alphabets)


def _complete(found: set[tuple[str, int, int]]) -> list[int]:
    """How many characters each alphabet has, by name; ValueError unless all have all their drawings."""
    names = sorted({name for name, _, _ in found})
    sizes = [max(character for of, character, _ in found if of == name) for name in names]
    expected = {
        (name, character, drawer)
        for name, size in zip(names, sizes, strict=True)
        for character in range(1, size + 1)
        for drawer in range(1, DRAWERS + 1)
    }
    require(bool(found) and found == expected, f"it has not {DRAWERS} drawings of each character")
    return sizes


def _image(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    plain = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not member.flag_bits & 1
    small = max(member.file_size, member.compress_size) <= LARGEST  # as much memory is taken as either claims
    require(plain and small, f"{member.filename} is no such image")
    image = Image.open(BytesIO(archive.read(member)), formats=["PNG"])
    fits = image.size == (PUBLISHED, PUBLISHED) and image.mode == "1"
    require(fits, f"{member.filename} is {image.mode}, {image.size}")
    ink = Image.fromarray(255 * (1 - np.asarray(image, dtype=np.uint8)))
    return np.asarray(ink.resize((SIZE, SIZE), Image.Resampling.BOX))


def _numbers(alphabets: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The character and the alphabet of each drawing."""
    character = np.repeat(np.arange(sum(alphabets)), DRAWERS)
    return character, np.repeat(np.arange(len(alphabets)), np.array(alphabets) * DRAWERS)


def read_npz28(path: Path) -> tuple[Drawings, Drawings]:
    """The drawings of the background and of the evaluation alphabets, from an npz file of both.

    `images` (32460, 28, 28), `label` from 0 to 1622, `split` 0 and 1. Raises UserError where it holds others.
    """
    arrays, _ = read_npz(path, ["images", "label", "split"])
    with damaged(path):
        require(len(arrays) == 3, f"it holds only {sorted(arrays)} of what it must hold")
        images, label, split = (arrays[name] for name in ("images", "label", "split"))
        samples = DRAWERS * sum(BACKGROUND + EVALUATION)
        require(images.shape == (samples, SIZE, SIZE) and images.dtype == np.uint8, "its images are others")
        first = DRAWERS * sum(BACKGROUND)
        for name, array, expected in (
            ("label", label, np.repeat(np.arange(samples // DRAWERS), DRAWERS)),
            ("split", split, np.arange(samples) >= first),
        ):
            require(array.shape == (samples,) and bool((array == expected).all()), f"its {name} is in another order")
    background, evaluation = (_numbers(list(sizes)) for sizes in (BACKGROUND, EVALUATION))
    return (images[:first], *background), (images[first:], *evaluation)
