"""Omniglot's drawings (Lake, Salakhutdinov & Tenenbaum 2015), as github.com/brendenlake/omniglot publishes them."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from sharegap.data.formats.guard import check, read_member, reading
from sharegap.data.formats.npz import read_npz

PUBLISHED, SIZE, DRAWERS = 105, 28, 20
MAX_IMAGE_BYTES = 2**14
"""Limit of one image's file; the published ones take some hundreds of bytes."""
MEMBER = re.compile(r"images_\w+/([^/]+)/character(\d{2})/\d{4}_(\d{2})\.png")
BACKGROUND = (
    *(20, 29, 26, 41, 40, 24, 46, 14, 26, 34, 33, 22, 26, 43, 24),
    *(48, 22, 16, 52, 47, 40, 26, 40, 41, 33, 14, 42, 23, 17, 55),
)
EVALUATION = (20, 26, 26, 26, 26, 26, 45, 45, 41, 26, 47, 40, 30, 45, 46, 28, 23, 25, 42, 26)
"""How many characters each alphabet has, in the order of their names."""

Drawings = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Images (samples, 28, 28), ink bright, in uint8; and the character and alphabet of each, both (samples,).

Sorted by alphabet, character and drawer; the same 20 people draw each character of an alphabet.
"""


def read_zip(path: Path) -> Drawings:
    """Read an official archive, averaging its 105 pixels to 28; characters and alphabets count from 0.

    Raises:
        UserError: if a drawing is missing, duplicated, too large, or not of the published size.
    """
    with reading(path), zipfile.ZipFile(path) as archive:
        members: dict[tuple[str, int, int], zipfile.ZipInfo] = {}
        for member in archive.infolist():
            if match := MEMBER.fullmatch(member.filename):
                alphabet, character, drawer = match[1], int(match[2]), int(match[3])
                key = (alphabet, character, drawer)
                check(key not in members, f"{member.filename} is duplicated")
                members[key] = member
        keys = sorted(members)
        sizes = _alphabet_sizes(keys)
        images = np.stack([_read_image(archive, members[key]) for key in keys])
    return images, *_indices(sizes)


def _alphabet_sizes(keys: list[tuple[str, int, int]]) -> list[int]:
    """How many characters each alphabet has; ValueError unless each character has all its drawings."""
    sizes: dict[str, int] = {}
    for alphabet, character, _ in keys:
        sizes[alphabet] = max(character, sizes.get(alphabet, 0))
    expected = []
    for alphabet, size in sizes.items():
        for index in range(size * DRAWERS):
            expected.append((alphabet, index // DRAWERS + 1, index % DRAWERS + 1))
    check(bool(keys) and keys == expected, f"it has not {DRAWERS} drawings of each character")
    return list(sizes.values())


def _read_image(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Read one drawing at 28 pixels."""
    # Decoding takes as much memory as either size claims.
    check(max(member.file_size, member.compress_size) <= MAX_IMAGE_BYTES, f"{member.filename} is too large")
    image = Image.open(BytesIO(read_member(archive, member)), formats=["PNG"])
    fits = image.size == (PUBLISHED, PUBLISHED) and image.mode == "1"
    check(fits, f"{member.filename} is {image.mode}, {image.size}")
    ink = Image.fromarray(255 * (1 - np.asarray(image, dtype=np.uint8)))
    return np.asarray(ink.resize((SIZE, SIZE), Image.Resampling.BOX))


def _indices(sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The character and the alphabet of each drawing, given the characters of each alphabet."""
    character = np.repeat(np.arange(sum(sizes)), DRAWERS)
    return character, np.repeat(np.arange(len(sizes)), np.array(sizes) * DRAWERS)


def read_npz28(path: Path) -> tuple[Drawings, Drawings]:
    """Read the drawings of the background and of the evaluation alphabets from one npz file at 28 pixels.

    It holds `images` (32460, 28, 28), `label` from 0 to 1622, and `split` 0 and 1.

    Raises:
        UserError: if it holds other drawings.
    """
    arrays, _ = read_npz(path, ["images", "label", "split"])
    with reading(path):
        check(len(arrays) == 3, f"it must hold images, label and split, and holds {sorted(arrays)}")
        images = arrays["images"]
        num_samples, num_background = DRAWERS * sum(BACKGROUND + EVALUATION), DRAWERS * sum(BACKGROUND)
        fits = images.shape == (num_samples, SIZE, SIZE) and images.dtype == np.uint8
        check(fits, "its images are others")
        sample = np.arange(num_samples)
        for name, expected in {"label": sample // DRAWERS, "split": sample >= num_background}.items():
            check(np.array_equal(arrays[name], expected), f"its {name} is in another order")
    background, evaluation = _indices(list(BACKGROUND)), _indices(list(EVALUATION))
    return (images[:num_background], *background), (images[num_background:], *evaluation)
