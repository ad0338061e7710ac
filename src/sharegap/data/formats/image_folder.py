"""What lies in a folder of images by class."""

from pathlib import Path

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


def class_folders(folder: Path) -> list[Path]:
    """The subfolders, by name; hidden ones do not count."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def image_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files of all classes that are images by their names, in a fixed order, and the other files there.

    Hidden files do not count, nor does what is no file.
    """
    files = [path for each in class_folders(folder) for path in sorted(each.iterdir())]
    files = [path for path in files if path.is_file() and not path.name.startswith(".")]
    images = [path for path in files if path.suffix.lower() in SUFFIXES]
    return images, [path for path in files if path.suffix.lower() not in SUFFIXES]
