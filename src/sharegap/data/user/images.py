"""A user's images."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.images import FolderContent, class_folders, list_content, read_images
from sharegap.data.user.assemble import make_dataset
from sharegap.data.user.target_column import Column
from sharegap.data.user.user_data import UserData
from sharegap.errors import UserError

MIN_IMAGES = 2
"""Of each class: one to train on and one to test."""
SPLIT_WORDS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval", "evaluation"}
SPLIT_WORDS |= {"holdout", "split", "set"}
FILE_WORDS = {"image", "images", "img", "imgs", "mask", "masks", "label", "labels", "annotation", "annotations"}
"""Words of which the names of folders consist that are no classes."""


def images(path: str | None) -> Dataset:
    """Load a folder of images by class: (samples, 1 or 3, height, width), and their classes.

    Images are read as viewers show them, turned as the camera recorded. They have one channel if all are grey.

    Args:
        path: a folder with one subfolder for each class, or its `fingerprint`.

    Raises:
        UserError: if a class is empty, an image cannot be read, or the images differ in size.
    """
    folder = resolve(path)
    if not folder.is_dir():
        raise UserError(
            f"dataset.path must be a folder with a subfolder of images for each class, got the file {folder}"
        )
    classes = class_folders(folder)
    _check_classes(folder, classes)
    content = list_content(folder)
    counts = Counter(file.parent for file in content.images)
    for class_folder in classes:
        if not counts[class_folder]:
            found = "only folders" if class_folders(class_folder) else "no images"
            raise UserError(
                f"the class folder {class_folder} must hold images, got {found}: fill or remove it, or change "
                "dataset.path"
            )
        if counts[class_folder] < MIN_IMAGES:
            raise UserError(
                f"the class folder {class_folder} must hold at least {MIN_IMAGES} images, got {counts[class_folder]}: "
                "add some, or remove it"
            )
    names = []
    for file in content.images:
        names.append(_readable(file.parent.name))
    if len(set(names)) < len(classes):
        raise UserError(f"subfolders of {folder} must have different names, got two that read alike: rename one")
    column = Column("class", np.array(names), np.zeros(len(names), dtype=bool))
    data = UserData(folder.name, read_images(folder, content.images), [column], notes=_describe_unused(folder, content))
    return make_dataset(data, "classification")


def _check_classes(folder: Path, classes: Sequence[Path]) -> None:
    """Check that there are several subfolders, and that their names may be those of classes."""
    if len(classes) < 2:
        raise UserError(f"{folder} must have at least 2 subfolders, one for each class, got {len(classes)}")
    if all(_is_no_class(path.name) for path in classes):
        names = ", ".join(_readable(path.name) for path in classes)
        raise UserError(
            f"the subfolders of {folder} must be classes, got {names}, names of parts: set dataset.path to a folder "
            "with a subfolder of images for each class"
        )


def _is_no_class(name: str) -> bool:
    """Whether a name consists of words for parts of a split, or for kinds of files."""
    words = [word.lower() for word in re.findall("[A-Z]?[a-z]+|[A-Z]+", name)]
    return bool(words) and set(words) <= SPLIT_WORDS | FILE_WORDS


def _describe_unused(folder: Path, content: FolderContent) -> tuple[str, ...]:
    """Say which files are not used, with an example of each kind."""
    kinds = (
        (content.nested, "image", " in folders within classes"),
        (content.beside, "image", " beside the class folders"),
        (content.others, "other file", ""),
    )
    parts = []
    for files, noun, place in kinds:
        if files:
            plural = "" if len(files) == 1 else "s"
            example = _readable(str(files[0].relative_to(folder)))
            parts.append(f"{len(files):,} {noun}{plural}{place}, such as {example}")
    return (f"Not used: {'; '.join(parts)}.",) if parts else ()


def _readable(name: str) -> str:
    """A name with replacement characters for what is no UTF-8."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
