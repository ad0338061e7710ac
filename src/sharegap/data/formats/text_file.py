"""Text files in the encodings and the compression that programs write."""

import bz2
import codecs
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sharegap.data.formats.folder import SYSTEM_FOLDERS
from sharegap.data.formats.guard import BoundedStream, check_expansion, max_expanded_size, read_member
from sharegap.errors import UserError

COMPRESSED: dict[bytes, tuple[str, Callable[..., Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ": ("xz", lzma.open),
}
ZIP = b"PK\x03\x04"
ZIPPED = {".npy": "an npz file, which dataset=arrays takes", ".xml": "a spreadsheet or another document"}
"""What a zip archive is, by how its members' names end."""
OTHER_FILES = {
    ZIP: "a zip archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"PAR1": "a Parquet table",
    b"ARROW1": "an Arrow (Feather) file",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"\x28\xb5\x2f\xfd": "a file compressed with zstd",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x93NUMPY": "an npy file",
    b"%PDF": "a PDF",
    **{start: f"a file compressed with {name}" for start, (name, _) in COMPRESSED.items()},
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


def read_utf8(
    file: Path, expected: str = "a CSV or Parquet table", remedy: str = "save it as CSV"
) -> tuple[bytes, list[str]]:
    """Read a text file as UTF-8 without a mark, whatever its encoding and compression.

    Args:
        file: the file.
        expected: what it should be, for messages.
        remedy: what the user can do, for messages.

    Returns:
        The text, and in which forms it was, if not plain UTF-8.

    Raises:
        UserError: if it is no text, as far as its first bytes tell.
    """
    forms: list[str] = []
    content = file.read_bytes()
    if content.startswith(ZIP):
        content, name = _read_only_member(file, expected, remedy)
        forms.append(f"{name} in a zip archive")
    for start, (name, open_compressed) in COMPRESSED.items():
        if not forms and content.startswith(start):
            limit = max_expanded_size(len(content))
            with open_compressed(file) as stream:
                content = BoundedStream(stream, limit).read(limit + 1)
            forms.append(name)
    for start, name in OTHER_FILES.items():
        if content.startswith(start):
            inside = " inside" if forms else ""
            raise UserError(f"{file} must be {expected}, got {name}{inside}: {remedy}, or unpack it")
    content, encoding = _as_utf8(content)
    if b"\0" in content:
        raise UserError(f"{file} must be text, got zero bytes: {remedy} in UTF-8")
    if encoding:
        forms.append(encoding)
    if content.count(b"\r") - content.count(b"\r\n") > content.count(b"\n"):  # of old Macs
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content, forms


def _read_only_member(file: Path, expected: str, remedy: str) -> tuple[bytes, str]:
    """The content and the name of the one file in a zip archive."""
    with zipfile.ZipFile(file) as archive:
        members = []
        for member in archive.infolist():
            if not member.is_dir() and member.filename.split("/")[0] not in SYSTEM_FOLDERS:
                members.append(member)
        if len(members) != 1:
            kinds = {ZIPPED.get(Path(member.filename).suffix) for member in members}
            names = sorted(filter(None, kinds)) or [f"a zip archive of {len(members):,} files"]
            raise UserError(f"{file} must be {expected}, got {names[0]}: {remedy}, or unpack it")
        check_expansion(str(file), members[0].file_size, file.stat().st_size)
        return read_member(archive, members[0]), members[0].filename


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    """The text in UTF-8, and the name of its encoding if that was another."""
    if content.isascii():  # needs no copy
        return content, ""
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
