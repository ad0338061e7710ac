"""Users' images."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.image_folder import class_folders, image_files
from sharegap.data.formats.size import check_expansion
from sharegap.data.user.assemble import Own, assemble
from sharegap.data.user.targets import Column
from sharegap.errors import UserError

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Others of Pillow's call programs, or are seldom seen."""
GREY, COLOUR = ("1", "L"), ("P", "RGB", "RGBA", "LA", "PA", "CMYK", "YCbCr")
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises on a file that is not what it says."""


def images(path: str | None) -> Dataset:
    """A folder with one subfolder of images for each class: (samples, 1 or 3, height, width), and their classes.

    Raises UserError where there is no such folder, a class is empty, an image cannot be read, or they differ in
    size. Images are as viewers show them: turned as a camera says; grey where all are, else in colour.
    """
    folder = resolve(path)
    if not folder.is_dir():
        raise UserError(f"{folder} is a file: dataset=images takes a folder with a subfolder of images for each class")
    classes = class_folders(folder)
    if len(classes) < 2:
        raise UserError(f"{folder} has {len(classes)} subfolders: it needs one for each class, 2 at least")
    files, others = image_files(folder)
    filled = {file.parent for file in files}
    for each in classes:
        if each not in filled:
            inner = "only folders" if class_folders(each) else "no images"
            raise UserError(f"the class folder {each} holds {inner}: fill it, remove it, or set dataset.path anew")
    names = np.array([file.parent.name.encode(errors="surrogateescape").decode(errors="replace") for file in files])
    if len(set(names)) < len(classes):
        raise UserError(f"two subfolders of {folder} have names that read alike: rename one")
    notes = (f"{len(others):,} other files are not used, such as {others[0].name}.",) if others else ()
    column = Column("class", names, np.zeros(len(names), dtype=bool))
    return assemble(Own(folder.name, _pixels(folder, files), [column], notes=notes), "classification")


def _pixels(folder: Path, files: list[Path]) -> np.ndarray:
    """All images, (samples, channels, height, width) from 0 to 255."""
    grey = True
    with _opened(files[0]) as first:
        width, height = _size(first)
    for file in files:
        with _opened(file) as image:
            if image.mode not in (*GREY, *COLOUR):
                raise UserError(f"{file} has pixels of the mode {image.mode}, not 8 bits: use dataset=arrays for it")
            if getattr(image, "n_frames", 1) > 1:
                raise UserError(f"{file} has several frames: keep one")
            if (size := _size(image)) != (width, height):
                raise UserError(
                    f"{file} is {size[0]}×{size[1]} and {files[0]} is {width}×{height}: make all images of one size"
                )
            grey &= image.mode in GREY
    channels = 1 if grey else 3
    stored = sum(file.stat().st_size for file in files)
    check_expansion(str(folder), len(files) * channels * width * height, stored)
    pixels = np.empty((len(files), height, width, channels), dtype=np.uint8)
    for into, file in zip(pixels, files, strict=True):
        with _opened(file) as image:
            if image.has_transparency_data and np.asarray(image.convert("RGBA"))[..., 3].min() < 255:
                raise UserError(f"{file} is transparent in places: put it on a background")
            upright = ImageOps.exif_transpose(image).convert("L" if grey else "RGB")
            into[:] = np.asarray(upright).reshape(into.shape)
    return pixels.transpose(0, 3, 1, 2)


@contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings(action="ignore"):
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as image:
                yield image
    except UserError:
        raise
    except BROKEN as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{file} cannot be read as an image ({first}): mend or remove it") from error


def _size(image: Image.Image) -> tuple[int, int]:
    """Width and height as the image is shown."""
    turned = image.getexif().get(0x0112) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else image.size
