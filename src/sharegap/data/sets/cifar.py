"""CIFAR-10 (Krizhevsky 2009): from the official binary archive, and from a copy whose images are JPEGs."""

import tarfile
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import IO, cast

import numpy as np
from PIL import Image

from sharegap.data.cache import cached_arrays
from sharegap.data.dataset import Dataset
from sharegap.data.formats.guard import check, open_gzip, reading
from sharegap.data.formats.npz import read_npz
from sharegap.data.sets.images import image_dataset

SHAPE, CLASSES = (3, 32, 32), 10
RECORD = 1 + 3 * 32 * 32  # a label and the pixels, channel by channel
TRAIN = tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6))
TEST = "cifar-10-batches-bin/test_batch.bin"
ARRAYS = ("x", "y", "x_test", "y_test")
BINARY_FILES = ("cifar10/cifar-10-binary.tar.gz",)
JPEG_FILES = ("cifar10_jpeg/cifar10_jpeg_train.npz", "cifar10_jpeg/cifar10_jpeg_test.npz")


def cifar10() -> Dataset:
    """Load 50,000 photographs (3, 32, 32) of ten classes and 10,000 to test."""
    x, y, x_test, y_test = cached_arrays("cifar10", ARRAYS, BINARY_FILES, read_binary)
    return image_dataset(x, y, x_test, y_test, classes=CLASSES)


def cifar10_jpeg() -> Dataset:
    """Load the same photographs after lossy JPEG compression of quality 75: results differ from those on CIFAR-10."""
    x, y, x_test, y_test = cached_arrays("cifar10_jpeg", ARRAYS, JPEG_FILES, _read_both_jpegs)
    return image_dataset(x, y, x_test, y_test, classes=CLASSES)


def read_binary(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read the official archive.

    Returns:
        Training images (samples, 3, 32, 32) and labels (samples,), test images and labels, in uint8 and file order.

    Raises:
        UserError: if a batch is missing, duplicated or cut off, or a label is no class.
    """
    batches: dict[str, bytes] = {}
    with open_gzip(path) as content:
        with tarfile.open(fileobj=cast(IO[bytes], content), mode="r|") as archive:
            for member in archive:
                if member.name in (*TRAIN, TEST):
                    check(member.type in (tarfile.REGTYPE, tarfile.AREGTYPE), f"{member.name} is no plain file")
                    check(member.name not in batches, f"{member.name} is duplicated")
                    file = archive.extractfile(member)
                    assert file is not None
                    batches[member.name] = file.read()
        while content.read(2**20):  # gzip verifies its checksum at the end of the stream
            pass
        x, y = _decode_batches(batches, TRAIN)
        x_test, y_test = _decode_batches(batches, (TEST,))
    return x, y, x_test, y_test


def _decode_batches(batches: dict[str, bytes], names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of the named batches, in this order."""
    contents = []
    for name in names:
        check(name in batches, f"{name} is missing")
        size = len(batches[name])
        check(size > 0 and size % RECORD == 0, f"{name} has {size} bytes, no multiple of an image's {RECORD}")
        contents.append(batches[name])
    records = np.frombuffer(b"".join(contents), np.uint8).reshape(-1, RECORD)
    check(bool(records[:, 0].max() < CLASSES), f"it has the label {records[:, 0].max()}, which is no class")
    return records[:, 1:].reshape(-1, *SHAPE), records[:, 0].copy()


def _read_both_jpegs(train: Path, test: Path) -> list[np.ndarray]:
    """Read the training and the test part."""
    return [*read_jpegs(train), *read_jpegs(test)]


def read_jpegs(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read an npz file of JPEGs.

    Its `jpeg_bytes` are all files in a row, its `offsets` the start of each and the end of the last, its `labels`
    their classes.

    Returns:
        Images (samples, 3, 32, 32) and labels (samples,), in uint8.

    Raises:
        UserError: if these do not fit together, or an image has another size.
    """
    arrays, _ = read_npz(path, ["jpeg_bytes", "offsets", "labels"])
    with reading(path):
        check(len(arrays) == 3, f"it must hold jpeg_bytes, offsets and labels, and holds {sorted(arrays)}")
        content, offsets, labels = arrays["jpeg_bytes"], arrays["offsets"], arrays["labels"]
        check(content.dtype == np.uint8 and content.ndim == 1, "its jpeg_bytes are no row of bytes")
        check(offsets.dtype.kind in "iu" and labels.dtype.kind in "iu", "its offsets and labels are no integers")
        check(labels.ndim == 1 and offsets.shape == (len(labels) + 1,), "it has not one label for each image")
        is_increasing = bool((offsets[1:] > offsets[:-1]).all())
        check(
            is_increasing and offsets[0] == 0 and offsets[-1] == len(content),
            "its offsets do not divide its jpeg_bytes",
        )
        check(len(labels) > 0 and 0 <= labels.min() <= labels.max() < CLASSES, "it has labels that are no classes")
        images = np.empty((len(labels), 32, 32, 3), np.uint8)
        for index, (start, end) in enumerate(pairwise(offsets)):
            image = Image.open(BytesIO(content[start:end].tobytes()), formats=["JPEG"])
            check((image.size, image.mode) == ((32, 32), "RGB"), f"image {index} is {image.mode}, {image.size}")
            images[index] = np.asarray(image)
    return images.transpose(0, 3, 1, 2).copy(), labels.astype(np.uint8)
