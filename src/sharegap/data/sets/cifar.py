"""CIFAR-10 (Krizhevsky 2009): from the official binary archive, and from a copy whose images are JPEGs."""

import tarfile
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import IO, cast

import numpy as np
from PIL import Image

from sharegap.data.dataset import Dataset
from sharegap.data.download import parsed
from sharegap.data.formats.guard import damaged, inflated, require
from sharegap.data.formats.npz import read_npz
from sharegap.data.standardize import classification

SHAPE, CLASSES = (3, 32, 32), 10
RECORD = 1 + 3 * 32 * 32  # a label and the pixels, channel by channel
TRAIN = tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6))
TEST = "cifar-10-batches-bin/test_batch.bin"
ARRAYS = ("x", "y", "x_test", "y_test")


def cifar10() -> Dataset:
    """50,000 colour photographs (3, 32, 32) of ten kinds of things and 10,000 to test."""
    x, y, x_test, y_test = parsed("cifar10", ARRAYS, ["cifar10/cifar-10-binary.tar.gz"], read_binary)
    return classification(x, y, x_test, y_test, CLASSES)


def cifar10_jpeg() -> Dataset:
    """The same photographs after JPEG compression of quality 75: lossy, so its figures are not those of CIFAR-10."""
    sources = [f"cifar10_jpeg/cifar10_jpeg_{part}.npz" for part in ("train", "test")]
    x, y, x_test, y_test = parsed("cifar10_jpeg", ARRAYS, sources, _read_jpegs)
    return classification(x, y, x_test, y_test, CLASSES)


def read_binary(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of the official archive the training images (samples, 3, 32, 32) and labels (samples,), and those to test.

    All in uint8, in the archive's order. Raises UserError where a batch is missing, twice there, cut off, or no
    whole number of images, or a label is none.
    """
    batches: dict[str, bytes] = {}
    with inflated(path) as content:
        with tarfile.open(fileobj=cast(IO[bytes], content), mode="r|") as archive:
            for member in archive:
                if member.name in (*TRAIN, TEST):
                    require(member.type in (tarfile.REGTYPE, tarfile.AREGTYPE), f"{member.name} is no plain file")
                    require(member.name not in batches, f"{member.name} is there twice")
                    file = archive.extractfile(member)
                    assert file is not None
                    batches[member.name] = file.read()
        while content.read(2**20):  # gzip's checksum stands at the end
            pass
        (x, y), (x_test, y_test) = (_images(batches, names) for names in (TRAIN, (TEST,)))
    return x, y, x_test, y_test


def _images(batches: dict[str, bytes], names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    for name in names:
        require(name in batches, f"{name} is missing")
        size = len(batches[name])
        require(size > 0 and size % RECORD == 0, f"{name} has {size} bytes, which are no whole number of images")
    records = np.frombuffer(b"".join(batches[name] for name in names), np.uint8).reshape(-1, RECORD)
    require(bool(records[:, 0].max() < CLASSES), f"it has the label {records[:, 0].max()}, which is no class")
    return records[:, 1:].reshape(-1, *SHAPE), records[:, 0].copy()


def _read_jpegs(*paths: Path) -> list[np.ndarray]:
    return [array for path in paths for array in read_jpegs(path)]


def read_jpegs(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images (samples, 3, 32, 32) and labels (samples,), both in uint8, of an npz file of JPEGs.

    `jpeg_bytes` are all of them in a row, `offsets` where each begins and the last ends, `labels` their classes.
    Raises UserError where these do not fit together, or an image is not of that size.
    """
    arrays, _ = read_npz(path, ["jpeg_bytes", "offsets", "labels"])
    with damaged(path):
        require(len(arrays) == 3, f"it holds only {sorted(arrays)} of what it must hold")
        content, offsets, labels = (arrays[name] for name in ("jpeg_bytes", "offsets", "labels"))
        require(content.dtype == np.uint8 and content.ndim == 1, "its jpeg_bytes are no row of bytes")
        require(offsets.dtype.kind in "iu" and labels.dtype.kind in "iu", "its offsets and labels are no whole numbers")
        require(labels.ndim == 1 and offsets.shape == (len(labels) + 1,), "it has not one label for each image")
        rising = offsets[0] == 0 and offsets[-1] == len(content) and bool((offsets[1:] > offsets[:-1]).all())
        require(rising, "its offsets do not divide its jpeg_bytes")
        require(len(labels) > 0 and 0 <= labels.min() <= labels.max() < CLASSES, "it has labels that are no classes")
        images = np.empty((len(labels), 32, 32, 3), np.uint8)
        for index, (start, end) in enumerate(pairwise(offsets)):
            image = Image.open(BytesIO(content[start:end].tobytes()), formats=["JPEG"])
            require((image.size, image.mode) == ((32, 32), "RGB"), f"image {index} is {image.mode}, {image.size}")
            images[index] = np.asarray(image)
    return images.transpose(0, 3, 1, 2).copy(), labels.astype(np.uint8)
