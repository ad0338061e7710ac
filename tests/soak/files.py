"""Files of all kinds as people and their programs write them, and as no one should."""

import bz2
import gzip
import io
import lzma
import random
import zipfile

import numpy as np
import polars as pl
from PIL import Image

FIELDS = ["", "NA", "nan", "inf", "-inf", "?", "-", "1e400", "0x1f", "1_000", "9" * 30, "é", "a\0b", "\ufeff", "=1+1"]
FIELDS += [
    '"b, c"',
    '"un',
    '""',
    "'",
    "1,5",
    "1.234,5",
    "$3",
    "12%",
    "01",
    "-1",
    "2024-01-01",
    "true",
    " 7 ",
    "x" * 999,
]
NAMES = ["a", "b", "y", "id", "", " a ", "1", "2.5", "é", '"q, r"', "\x1b[31m", "class", "Unnamed: 0", "=A1", "../x"]
ENCODINGS = ["utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252", "utf-16-le", "shift_jis"]
ROW = 25
"""Bytes that a row counts as at least."""
DTYPES = ["<f8", ">f4", "<i8", "|b1", "|u1", "<U3", "|S2", "<f2", "<u8", "<c16", "<M8[s]", "|V8", "|O"]


class Chance(random.Random):
    """Random choices, of which the usual ones are more frequent in tame examples than in wild ones."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.wildness = self.choice([0, 0.2, 1])

    def odd(self, share: float) -> bool:
        """Whether something unusual happens that happens in a `share` of wild examples."""
        return self.random() < share * self.wildness

    def some(self, usual, others, share: float = 0.4):
        """One of the usual or the other values."""
        return self.choice(others if self.odd(share) else usual)


def damaged(chance: Chance, content: bytes) -> bytes:
    """The content with bits turned, bytes cut, repeated or replaced; half of the time as it is."""
    changed = bytearray(content)
    for _ in range(chance.some([0], [0, 1, 3])):
        position = chance.randrange(len(changed) + 1)
        kind = chance.randrange(6)
        if kind == 0 and position < len(changed):
            changed[position] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del changed[position:]
        elif kind == 2:
            changed[position : position + 9] = bytes(chance.choice([0, 4]))
        elif kind == 3:
            changed[position:position] = chance.randbytes(5)
        elif kind == 4:
            changed[position:position] = changed[: chance.randrange(300)]
        else:
            changed[position : position + 4] = b"\xff\xff\xff\x7f"
    return bytes(changed)


def packed(chance: Chance, content: bytes) -> bytes:
    """The content as it is, or compressed in one way or several."""
    while chance.odd(0.3):
        content = chance.choice([gzip.compress, bz2.compress, lzma.compress, zipped])(content)
    return content


def zipped(*contents: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.csv", content)
    return stream.getvalue()


def csv(chance: Chance) -> tuple[bytes, int, str]:
    """A table, how many bytes it has before it is compressed, and its last column."""
    rows, columns = chance.some([12, 60, 200], [0, 1, 9]), chance.some([2, 3, 4, 9], [1])
    if chance.random() < 0.01:
        rows = 10_000_000 // (2 * columns)
    if chance.odd(0.01):
        rows, columns = 12, 30_000
    separator, end = chance.choice(",,,,;\t| "), chance.some(["\n", "\r\n"], ["\r", "\n\n", "\n\r"])
    names = [chance.choice(NAMES) if chance.odd(0.2) else f"c{index}" for index in range(columns)]
    decimals = chance.choice([0, 0, 2, 6])
    block = [[f"{chance.gauss(0, 9):.{decimals}f}" for _ in range(columns)] for _ in range(min(rows, 200))]
    block = [[*row[:-1], chance.choice("pqr")] for row in block]
    for _ in range(chance.some([0], [1, 3, 30])):
        if block:
            block[chance.randrange(len(block))][chance.randrange(columns)] = chance.choice(FIELDS)
    if block and chance.odd(0.05):
        block[chance.randrange(len(block))].append("1")
    table = block * (rows // 200) if rows > 200 else block
    lines = [separator.join(row) for row in ([names] if chance.random() < 0.9 else []) + table]
    if chance.odd(0.2):
        lines.insert(0, chance.choice(["# a comment", "sep=;", "", "a title", "x" * 10**6, "," * 10**6, '"' * 999]))
    content = end.join(lines).encode(chance.some(["utf-8"], ENCODINGS), errors="replace")
    # However short a row is, its sample has numbers in the splits.
    size = max(len(content), ROW * rows)
    return damaged(chance, packed(chance, damaged(chance, content))), size, names[-1]


def npy(chance: Chance, shape: tuple[int, ...]) -> bytes:
    """An array, whose header may say anything."""
    stream = io.BytesIO()
    if not chance.odd(0.3):
        values = np.random.default_rng(chance.randrange(99)).normal(size=shape) * 5
        values = values if len(shape) > 1 else np.abs(values * 7).astype(int) % 3
        array = values.astype(chance.some(["f8", "f4", "i8"], ["u1", "?", "U3", "f2"]) if len(shape) > 1 else "i8")
        np.save(stream, np.asfortranarray(array) if chance.random() < 0.2 else array)
        return stream.getvalue()
    if chance.random() < 0.2:
        np.save(stream, np.array([{"a": print}] * shape[0], dtype=object), allow_pickle=True)
        return stream.getvalue()
    claimed = tuple(chance.choice([*shape, 0, -1, 2**31, 2**62, 10**9]) for _ in range(chance.randrange(4)))
    header = repr({"descr": chance.choice(DTYPES), "fortran_order": False, "shape": claimed})
    header = chance.choice([header, header, "{" * 9000, "import os", f"({header}" + "," * 99])
    body = header.encode().ljust(118) + b"\n"
    version = chance.choice([b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x03\x00"])
    length = len(body).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + length + body + bytes(chance.choice([0, 9, 999]))


def npz(chance: Chance) -> tuple[bytes, int]:
    """An archive of arrays, and how many bytes it has before it is compressed."""
    samples = chance.some([12, 40, 100], [0, 1, 9], 0.2)
    sample = chance.some([(3,), (1, 5), (2, 3), (1, 4, 4)], [(), (4, 4), (8, 8, 3), (2, 2, 2, 2), (0,)])
    if chance.random() < 0.03:
        samples, sample = 40, (3, 80, 80)
    names = {"x": (samples, *sample), "y": (samples,)}
    for name in ("x_test", "groups", "task", "arr_0", "X_train", "../../x", "y"):
        if chance.odd(0.2):
            names[name] = (chance.choice([samples, 5]), *(sample if name == "x_test" else ()))
    method = chance.some([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], 0.1)
    stream, size = io.BytesIO(), 0
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, shape in names.items():
            content = npy(chance, shape)
            content = damaged(chance, content) if chance.odd(0.3) else content
            if chance.odd(0.01):
                content = npy(Chance(0), (40,)) + bytes(3 * 10**8)  # a bomb
            archive.writestr(f"{name}.npy", content)
            size += len(content)
    return damaged(chance, stream.getvalue()), min(size, 2**26)


def parquet(chance: Chance) -> tuple[bytes, int]:
    """A table, and how many bytes it has before it is compressed."""
    rows = chance.some([12, 60, 200], [0])
    values = np.random.default_rng(chance.randrange(99))
    columns = {}
    for index in range(chance.choice([1, 2, 3, 6])):
        name = chance.choice(NAMES) if chance.odd(0.2) else f"c{index}"
        columns[name] = chance.some(
            [pl.Series(values.normal(size=rows))],
            [
                pl.Series(values.normal(size=rows)),
                pl.Series(values.integers(0, 3, rows)),
                pl.Series([chance.choice(["p", "q", None]) for _ in range(rows)], dtype=pl.String),
                pl.Series([b"p\xff"] * rows, dtype=pl.Binary),
                pl.Series([[1.0]] * rows, dtype=pl.List(pl.Float64)),
                pl.Series([{"a": 1}] * rows, dtype=pl.Struct({"a": pl.Int64})),
                pl.Series([None] * rows, dtype=pl.Null),
                pl.Series(range(rows)).cast(pl.Datetime),
                pl.Series(range(rows)).cast(pl.Decimal(9, 2)),
                pl.Series([float("nan"), float("inf")] * rows)[:rows],
                pl.Series([2**63 + 1] * rows, dtype=pl.UInt64),
            ],
        )
    columns["y"] = pl.Series([index % 3 for index in range(rows)], dtype=pl.Int64)
    stream = io.BytesIO()
    pl.DataFrame(columns).write_parquet(stream, compression=chance.choice(["zstd", "snappy", "uncompressed", "gzip"]))
    return damaged(chance, stream.getvalue()), 9 * rows * len(columns)


def image(chance: Chance, size: tuple[int, int]) -> tuple[str, bytes]:
    """The ending and the content of an image."""
    mode = chance.some(["RGB", "L"], ["1", "P", "LA", "RGBA", "CMYK", "I;16", "F", "I"], 0.05)
    ending = chance.choice([".png", ".png", ".jpg", ".gif", ".bmp", ".tif", ".webp", ".ppm", ".JPG", ".jpeg"])
    picture, stream = Image.new("RGB", size, (chance.randrange(255), 9, 9)), io.BytesIO()
    picture.putpixel((0, 0), (chance.randrange(255), 0, 0))
    exif = Image.Exif()
    exif[0x0112] = chance.some([1], [6, 99], 0.05)
    try:
        picture.convert("L" if mode == "I;16" else mode).convert(mode).save(
            stream, Image.registered_extensions()[ending.lower()], exif=exif
        )
    except (OSError, ValueError):  # a mode that this format has not
        stream = io.BytesIO()
        picture.save(stream, "PNG")
    content = stream.getvalue()
    return ending, damaged(chance, content) if chance.odd(0.04) else content


def text(chance: Chance) -> tuple[bytes, int]:
    """A text, and how many bytes it has before it is compressed."""
    words = chance.some([["the", "cat", "sat"], ["Ä", "ß", "日本"]], [["\0"], ["a" * 99], ["\U0001f600", "x"], [""]])
    end = chance.choice(["\n", "\r\n", "\r", " ", ""])
    count = chance.some([1000, 3000], [0, 1, 100, 200_000])
    line = " ".join(chance.choice(words) for _ in range(9)) + end
    other = " ".join(chance.choice(words) for _ in range(9)) + end
    content = (line + other) * (count // 20) + chance.some([""], ["the end", "ÿ" * 99])
    encoded = content.encode(chance.some(["utf-8"], ENCODINGS), errors="replace")
    return damaged(chance, packed(chance, damaged(chance, encoded))), len(encoded)
