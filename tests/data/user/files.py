"""Files of own data for tests."""

import resource
import zipfile
from io import BytesIO
from itertools import count

import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)
X, Y = RNG.normal(3, 2, size=(40, 4)), np.arange(40) % 3

_numbers = count()


def fresh(folder, ending):
    """A path that was never used, so that nothing remembered of another file can be taken for it."""
    return folder / f"{next(_numbers)}{ending}"


def npz(folder, **arrays):
    path = fresh(folder, ".npz")
    np.savez(path, **arrays)
    return path


def text(folder, content):
    path = fresh(folder, ".csv")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def image_folder(folder, classes=("cat", "dog"), each=6, mode="RGB", ending=".png", size=(5, 4)):
    root = fresh(folder, "")
    for name in classes:
        (root / name).mkdir(parents=True)
        for number in range(each):
            shape = (size[1], size[0], len(Image.new(mode, (1, 1)).getbands()))
            pixels = RNG.integers(0, 256, shape, dtype=np.uint8)
            Image.fromarray(pixels.squeeze(), mode if mode != "1" else None).save(root / name / f"{number}{ending}")
    return root


def zipped(contents):
    """A zip archive of files by their names."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return stream.getvalue()


def peak():
    """The most memory that this process has taken so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
