"""A user's images."""

import numpy as np

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.images import class_folders, image_files, read_images
from sharegap.data.user.assemble import make_dataset
from sharegap.data.user.target_column import Column
from sharegap.data.user.user_data import UserData
from sharegap.errors import UserError


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
    if len(classes) < 2:
        raise UserError(f"{folder} must have at least 2 subfolders, one for each class, got {len(classes)}")
    files, unused = image_files(folder)
    filled = {file.parent for file in files}
    for class_folder in classes:
        if class_folder not in filled:
            content = "only folders" if class_folders(class_folder) else "no images"
            raise UserError(
                f"the class folder {class_folder} must hold images, got {content}: fill or remove it, or change "
                "dataset.path"
            )
    names = []
    for file in files:
        # A name that is no UTF-8 is shown with replacement characters.
        encoded = file.parent.name.encode(errors="surrogateescape")
        names.append(encoded.decode(errors="replace"))
    if len(set(names)) < len(classes):
        raise UserError(f"subfolders of {folder} must have different names, got two that read alike: rename one")
    notes = (f"{len(unused):,} other files are not used, such as {unused[0].name}.",) if unused else ()
    column = Column("class", np.array(names), np.zeros(len(names), dtype=bool))
    data = UserData(folder.name, read_images(folder, files), [column], notes=notes)
    return make_dataset(data, "classification")
