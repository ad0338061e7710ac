"""Archives in memory, read as files under a limit of memory."""

import gzip
import io
import struct
import tracemalloc
import zipfile

import numpy as np

from sharegap.data.formats.guard import max_expanded_size
from sharegap.data.formats.idx import read_idx
from sharegap.data.sets.cifar import TEST, TRAIN, read_binary
from sharegap.data.sets.omniglot_files import read_zip
from sharegap.errors import UserError
from tests.data.published import batch, drawings, idx, png, tar_gz

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (7, 3, 5)).astype(np.uint8)
BATCHES = {name: batch(RNG, 2) for name in (*TRAIN, TEST)}
IDX, CIFAR = idx(IMAGES), tar_gz(BATCHES)
READ = {"idx": lambda path: [read_idx(path, 3, 5)], "cifar": read_binary, "omniglot": read_zip}
MEMORY = 2**20
"""Bytes that reading may take beside what such a file can well hold; the parsers' own modules take some."""
TAR = gzip.decompress(CIFAR)
PNGS = [(f"images_background/{name}", png(drawing)) for name, drawing in drawings(RNG, [1]).items()]


def read(kind, path, content):
    """What the parser returns, or None where it refuses the file in one sentence; never with more memory."""
    path.write_bytes(content)
    arrays, sentence = None, ""
    tracemalloc.start()
    try:
        arrays = READ[kind](path)
    except UserError as error:
        sentence = str(error)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * max_expanded_size(len(content)) + MEMORY
    assert arrays or (str(path) in sentence and "\n" not in sentence)
    return arrays


def header(samples, height=3, width=5, magic=0x803):
    return struct.pack(">4I", magic, samples, height, width)


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return content.getvalue()
