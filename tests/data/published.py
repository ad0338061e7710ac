"""Small files in the formats of the published data sets."""

import gzip
import struct
import tarfile
import zipfile
from hashlib import sha256
from io import BytesIO

import numpy as np
from PIL import Image

from sharegap.data.registry import SOURCES, Source

ALPHABETS = {"background": (3, 4, 3), "evaluation": (2, 3)}
"""Characters of each alphabet."""


def idx(array):
    return gzip.compress(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes())


def tar_gz(members, level=1):
    """A gzipped tar of members, by name their content."""
    content = BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, BytesIO(data))
    return gzip.compress(content.getvalue(), level)


def batch(rng, samples):
    """A batch of CIFAR-10's binary version."""
    labels, pixels = rng.permutation(samples) % 10, rng.integers(0, 256, (samples, 3072))
    return np.concatenate([labels[:, None], pixels], 1).astype(np.uint8).tobytes()


def cifar(rng, samples=60, test=100):
    names = [f"data_batch_{number}.bin" for number in range(1, 6)]
    members = {"readme.html": b"<html>"} | {name: batch(rng, samples) for name in names}
    members |= {"test_batch.bin": batch(rng, test)}
    return tar_gz({f"cifar-10-batches-bin/{name}": data for name, data in members.items()})


def jpegs(rng, samples):
    """An npz file of JPEGs of one colour each, the labels in order."""
    files = []
    for _ in range(samples):
        content = BytesIO()
        Image.new("RGB", (32, 32), tuple(rng.integers(0, 256, 3).tolist())).save(content, "JPEG", quality=75)
        files.append(content.getvalue())
    offsets = np.cumsum([0, *map(len, files)])
    content = BytesIO()
    joined = np.frombuffer(b"".join(files), np.uint8)
    np.savez(content, jpeg_bytes=joined, offsets=offsets, labels=np.sort(np.arange(samples) % 10))
    return content.getvalue()


def png(drawing):
    """A drawing (105, 105) of truth values, true where there is no ink, as Omniglot's files are."""
    content = BytesIO()
    Image.fromarray(drawing).save(content, "PNG", bits=1)
    return content.getvalue()


def drawings(rng, sizes):
    """By name in an Omniglot archive, as `png` takes them: each character has its place, each drawing its pattern."""
    drawings_by_name = {}
    for alphabet, characters in enumerate(sizes):
        for character in range(1, characters + 1):
            corner = rng.integers(0, 60, 2)
            for drawer in range(1, 21):
                row, column = corner + rng.integers(0, 15, 2)
                drawing = np.ones((105, 105), bool)
                drawing[row : row + 30, column : column + 30] = False
                drawing[-12:, -12:] = rng.random((12, 12)) < 0.5
                drawings_by_name[f"Alphabet{alphabet}/character{character:02}/{character:04}_{drawer:02}.png"] = drawing
    return drawings_by_name


def omniglot_zip(drawings_by_name, part="background"):
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._nothing", b"")
        for name, drawing in drawings_by_name.items():
            archive.writestr(f"images_{part}/{name}", png(drawing))
    return content.getvalue()


def omniglot28(rng):
    counts = [20 * sum(sizes) for sizes in ALPHABETS.values()]
    content = BytesIO()
    images = rng.integers(0, 256, (sum(counts), 28, 28)).astype(np.uint8)
    np.savez(content, images=images, label=np.arange(sum(counts)) // 20, split=np.repeat([0, 1], counts))
    return content.getvalue()


def trials():
    """A trial of the two first characters of each evaluation alphabet, to recognize the training drawings themselves.

    They are to be recognized in the other order.
    """
    first = 20 * np.cumsum([sum(ALPHABETS["background"]), *ALPHABETS["evaluation"]])[:-1]
    train_index = np.stack([first, first + 20], 1)
    content = BytesIO()
    np.savez(content, train_index=train_index, test_index=train_index[:, ::-1], answer=np.array([[1, 0]] * len(first)))
    return content.getvalue()


def files():
    """By name in SOURCES, the content of a small file of each."""
    rng = np.random.default_rng(0)
    content = {}
    for folder in ("mnist", "fashion-mnist"):
        for part, samples in (("train", 600), ("t10k", 100)):
            images = rng.integers(0, 256, (samples, 28, 28)).astype(np.uint8)
            content[f"{folder}/{part}-images-idx3-ubyte.gz"] = idx(images)
            content[f"{folder}/{part}-labels-idx1-ubyte.gz"] = idx((np.arange(samples) % 10).astype(np.uint8))
    content["cifar10/cifar-10-binary.tar.gz"] = cifar(rng)
    for part, samples in (("train", 300), ("test", 100)):
        content[f"cifar10_jpeg/cifar10_jpeg_{part}.npz"] = jpegs(rng, samples)
    for part, sizes in ALPHABETS.items():
        content[f"omniglot/images_{part}.zip"] = omniglot_zip(drawings(rng, sizes), part)
    content["omniglot/omniglot28.npz"] = omniglot28(rng)
    content["omniglot/oneshot_runs.npz"] = trials()
    words = rng.choice(["What", "is", "past", "prologue", "\n"], 12000).tolist()
    content["tinyshakespeare/input.txt"] = " ".join(words).encode()
    return content


def write(folder):
    """Writes the small files into `folder`; by name what SOURCES would say of them."""
    made = {}
    for name, content in files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        made[name] = Source(sha256(content).hexdigest(), SOURCES[name].urls)
    assert set(made) == set(SOURCES)
    return made
