"""Files by their content, so that it and not its place says which data a run is trained on."""

import os
from hashlib import file_digest, sha256
from pathlib import Path

from sharegap.data.formats.image_folder import image_files
from sharegap.errors import UserError

PREFIX = "sha256:"
Signature = tuple[tuple[str, int, int], ...]
"""Name, time of the last change and size of each file: what tells without reading that nothing has changed."""

_digests: dict[tuple[Path, Signature], str] = {}
_places: dict[str, tuple[Path, Signature]] = {}


def fingerprint(path: str | Path) -> str:
    """A name of the content at `path`, a file or a folder of images by class; `resolve` finds it in this process.

    Raises UserError where there is no such file or folder, or it cannot be read.
    """
    place = Path(str(path)).expanduser().absolute()
    if not place.is_dir() and not place.is_file():
        raise UserError(f"there is no file or folder {path}: set dataset.path to where your data are")
    try:
        signature = _signature(place)
        if (place, signature) not in _digests:
            _digests[place, signature] = _digest(place)
    except OSError as error:
        raise _unreadable(place, error) from error
    name = PREFIX + _digests[place, signature]
    _places[name] = (place, signature)
    return name


def resolve(name: str | Path | None) -> Path:
    """Where the content is that `fingerprint` has named; a path is its own place.

    Raises UserError where nothing is named, and where the content is no longer what it was.
    """
    if name is None:
        raise UserError("dataset.path is not given: set it to where your data are, e.g. dataset.path=data.npz")
    if name not in _places:
        name = fingerprint(name)
    place, signature = _places[str(name)]
    try:
        unchanged = _signature(place) == signature
    except OSError as error:
        raise _unreadable(place, error) from error
    if not unchanged:
        raise UserError(f"{place} has changed since this command began: start it again")
    return place


def _files(place: Path) -> list[Path]:
    return image_files(place)[0] if place.is_dir() else [place]


def _signature(place: Path) -> Signature:
    stats = ((str(file.relative_to(place)), file.stat()) for file in _files(place))
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def _digest(place: Path) -> str:
    """A file's sha256; a folder's is that of its files' names and sha256."""
    if place.is_file():
        return _sha256(place)
    lines = (f"{_sha256(file)} {os.fsencode(file.relative_to(place)).hex()}\n" for file in _files(place))
    return sha256("".join(lines).encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _unreadable(place: Path, error: OSError) -> UserError:
    return UserError(f"{error.filename or place} cannot be read: {error.strerror or error}")
