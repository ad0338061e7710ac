"""Text files in the encodings and the compression that programs write."""

import bz2
import codecs
import gzip
from pathlib import Path

from sharegap.data.formats.guard import BoundedStream, max_expanded_size
from sharegap.errors import UserError

COMPRESSED = {b"\x1f\x8b": ("gzip", gzip.GzipFile), b"BZh": ("bzip2", bz2.BZ2File)}
OTHER_FILES = {
    b"PK\x03\x04": "a zip archive, a spreadsheet or an npz file",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"ARROW1": "an Arrow (Feather) file",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"\x93NUMPY": "an npy file",
    b"%PDF": "a PDF",
}
"""What begins with these bytes is no text."""
# UTF-32 first: its mark begins with that of UTF-16.
MARKED_ENCODINGS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def read_utf8(file: Path) -> tuple[bytes, list[str]]:
    """Read a text file as UTF-8 without a mark, whatever its encoding and compression.

    Returns:
        The text, and in which forms it was, if not plain UTF-8.

    Raises:
        UserError: if it is no text, as far as its first bytes tell.
    """
    forms = []
    content = file.read_bytes()
    for start, (name, open_compressed) in COMPRESSED.items():
        if content.startswith(start):
            with open_compressed(file) as stream:
                limit = max_expanded_size(len(content))
                content = BoundedStream(stream, limit).read(limit + 1)
            forms.append(name)
            break
    for start, name in OTHER_FILES.items():
        if content.startswith(start):
            inside = " inside" if forms else ""
            raise UserError(f"{file} must be a CSV or Parquet table, got {name}{inside}: save it as CSV, or unpack it")
    content, encoding = _as_utf8(content)
    if b"\0" in content:
        raise UserError(f"{file} must be text, got zero bytes: save it as CSV in UTF-8")
    if encoding:
        forms.append(encoding)
    if content.count(b"\r") - content.count(b"\r\n") > content.count(b"\n"):  # of old Macs
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content, forms


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    """The text in UTF-8, and the name of its encoding if that was another."""
    for mark, encoding in MARKED_ENCODINGS:
        if content.startswith(mark):
            if encoding == "UTF-8":
                content = content.removeprefix(mark)
                break
            return content.decode(encoding).encode(), encoding
    try:
        content.decode()
    except UnicodeDecodeError:
        # Every byte is a letter of it: a guess, which is said. Latin-1 where a byte is none of Windows'.
        try:
            return content.decode("cp1252").encode(), "text of Windows-1252, as it is no UTF-8"
        except UnicodeDecodeError:
            return content.decode("latin-1").encode(), "text of Latin-1, as it is no UTF-8"
    return content, ""
