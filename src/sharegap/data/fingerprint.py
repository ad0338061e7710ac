"""Identify a user's files by their content, so that a run is the same wherever its data are stored."""

import os
from hashlib import file_digest, sha256
from pathlib import Path

from sharegap.data.formats.folder import visible_files
from sharegap.errors import UserError

PREFIX = "sha256:"
Signature = tuple[tuple[str, int, int], ...]
"""Name, modification time and size of each file: shows without reading that nothing has changed."""
Sources = dict[str, tuple[Path, Signature]]
"""By the name of a content, where it was and its signature then."""

_digests: dict[tuple[Path, Signature], str] = {}
_sources: Sources = {}


def fingerprint(path: str | Path, option: str = "dataset.path") -> str:
    """Return a name for the content of a file, or of a folder with all in it but hidden files.

    `resolve` returns the path of that name in the same process, and in those that get its `known_sources`.

    Args:
        path: of the file or folder.
        option: that says so, for messages.

    Raises:
        UserError: if there is no such file or folder, or it cannot be read.
    """
    source = Path(str(path)).expanduser().absolute()
    if not source.is_dir() and not source.is_file():
        # Where it was looked for: most often the command was typed in another folder.
        place = "" if Path(str(path)).expanduser() == source else f": it was looked for in {Path.cwd()}"
        raise UserError(f"{option} must be an existing file or folder, got {path}{place}")
    try:
        signature = _signature(source)
        if (source, signature) not in _digests:
            _digests[source, signature] = _digest(source)
    except OSError as error:
        raise _unreadable(source, error) from error
    name = PREFIX + _digests[source, signature]
    _sources[name] = (source, signature)
    return name


def resolve(name: str | Path | None) -> Path:
    """Return the path of a content that `fingerprint` has named, or of a path itself.

    Raises:
        UserError: if `name` is None, or the content has changed since it was named.
    """
    if name is None:
        raise UserError("dataset.path must be a file or folder, got null: set it, e.g. dataset.path=mine.csv")
    if name not in _sources:
        name = fingerprint(name)
    source, signature = _sources[str(name)]
    try:
        is_unchanged = _signature(source) == signature
    except OSError as error:
        raise _unreadable(source, error) from error
    if not is_unchanged:
        raise UserError(f"{source} has changed since this command began: start it again")
    return source


def known_sources() -> Sources:
    """Return what `resolve` knows in this process, to be handed to another one: it can be pickled."""
    return dict(_sources)


def add_sources(sources: Sources) -> None:
    """Have `resolve` know what another process has fingerprinted, by its `known_sources`."""
    _sources.update(sources)


def _files(source: Path) -> list[Path]:
    """The files that count: all in a folder, as a loader may read any of them, or the file itself."""
    return visible_files(source) if source.is_dir() else [source]


def _signature(source: Path) -> Signature:
    """Describe the files of `source` without reading them."""
    entries = []
    for file in _files(source):
        stat = file.stat()
        entries.append((str(file.relative_to(source)), stat.st_mtime_ns, stat.st_size))
    return tuple(entries)


def _digest(source: Path) -> str:
    """Hash a file's content, or the names and hashes of a folder's files."""
    if source.is_file():
        return _sha256(source)
    lines = sha256()
    for file in _files(source):
        # In hexadecimal, because a file name may contain a line break or bytes that are no UTF-8.
        lines.update(f"{_sha256(file)} {os.fsencode(file.relative_to(source)).hex()}\n".encode())
    return lines.hexdigest()


def _sha256(file: Path) -> str:
    """Hash the content of one file."""
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _unreadable(source: Path, error: OSError) -> UserError:
    """The error for a file that the system refuses to read."""
    return UserError(f"{error.filename or source} cannot be read: {error.strerror or error}")
