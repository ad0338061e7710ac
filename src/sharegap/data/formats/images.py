"""Image files that Pillow decodes, in a folder with one subfolder for each class."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from sharegap.data.formats.folder import is_visible, visible_files
from sharegap.data.formats.guard import check_expansion, reading
from sharegap.errors import UserError

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""The others that Pillow knows are rare, or call programs."""
GREY, COLOUR = ("1", "L"), ("P", "RGB", "RGBA", "LA", "PA", "CMYK", "YCbCr")
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)
"""The Exif tag of an image's orientation, and its values that swap width and height."""


@dataclass(frozen=True)
class FolderContent:
    """The files of a folder with a subfolder for each class.

    Args:
        images: in the subfolders.
        nested: images in folders within these.
        beside: images in the folder itself.
        others: all other files.
    """

    images: list[Path]
    nested: list[Path]
    beside: list[Path]
    others: list[Path]


def class_folders(folder: Path) -> list[Path]:
    """List the subfolders by name, without hidden ones."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and is_visible(path.name))


def list_content(folder: Path) -> FolderContent:
    """Sort the files of a folder by where they are and what their names say."""
    content = FolderContent([], [], [], [])
    by_depth = {1: content.beside, 2: content.images}
    for file in visible_files(folder):
        is_image = file.suffix.lower() in SUFFIXES
        files = by_depth.get(len(file.relative_to(folder).parts), content.nested) if is_image else content.others
        files.append(file)
    return content


def read_images(folder: Path, files: Sequence[Path]) -> np.ndarray:
    """Read images of one size as viewers show them.

    Args:
        folder: where the files are, for messages.
        files: the images, at least one.

    Returns:
        (samples, channels, height, width) in uint8, with 1 channel if all pixels are grey, else 3.

    Raises:
        UserError: if an image is damaged, transparent, animated, of another size or not in 8 bits.
    """
    # First all images are checked, so that memory is taken only for those that fit together.
    is_stored_grey = True
    with _open_image(files[0]) as image:
        width, height = _upright_size(image)
    for file in files:
        with _open_image(file) as image:
            if image.mode not in (*GREY, *COLOUR):
                raise UserError(f"{file} must have 8 bits per channel, got the mode {image.mode}: use dataset=arrays")
            frames = getattr(image, "n_frames", 1)
            if frames > 1:
                raise UserError(f"{file} must have one frame, got {frames}")
            size = _upright_size(image)
            if size != (width, height):
                raise UserError(f"{file} must be {width}×{height} as {files[0]} is, got {size[0]}×{size[1]}")
            is_stored_grey &= image.mode in GREY
    channels = 1 if is_stored_grey else 3
    stored = sum(file.stat().st_size for file in files)
    check_expansion(str(folder), len(files) * channels * width * height, stored)
    pixels = np.empty((len(files), height, width, channels), dtype=np.uint8)
    is_grey = True
    for index, file in enumerate(files):
        with _open_image(file) as image:
            # An image with an alpha channel may still be opaque.
            if image.has_transparency_data and np.asarray(image.convert("RGBA"))[..., 3].min() < 255:
                raise UserError(f"{file} must be opaque, got transparent pixels: put it on a background")
            upright = ImageOps.exif_transpose(image).convert("L" if is_stored_grey else "RGB")
            pixels[index] = np.asarray(upright).reshape(height, width, channels)
        # Grey images may be stored with a palette, or as three equal channels.
        is_grey = is_grey and bool((pixels[index] == pixels[index, ..., :1]).all())
    if is_grey:
        pixels = pixels[..., :1].copy()
    return pixels.transpose(0, 3, 1, 2)


@contextmanager
def _open_image(file: Path) -> Iterator[Image.Image]:
    """Open an image; errors while it is decoded are those of `reading`."""
    with reading(file, "an image", "repair or remove it"), warnings.catch_warnings(action="ignore"):
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(file, formats=FORMATS) as image:
            yield image


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as the image is shown."""
    is_sideways = image.getexif().get(ORIENTATION) in SIDEWAYS
    return (image.height, image.width) if is_sideways else image.size
