"""Where the files of the published data sets are, how they get there, and what is kept of them once parsed."""

import os
import warnings
from collections.abc import Callable, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pooch

from sharegap.atomic import write_atomic
from sharegap.data.registry import SOURCES
from sharegap.errors import UserError

FOLDER = "SHAREGAP_DATA"
"""The environment variable that names the folder of all data sets; without it they are in the user's cache."""
PARSERS = "1"
"""Raised with every change to what the parsers make of the same files: what was kept before is then parsed again."""
TIMEOUT = 30
"""Seconds in which a server must answer."""


def folder() -> Path:
    """Where the files of the published data sets are looked for, and downloaded to."""
    return Path(os.environ.get(FOLDER) or pooch.os_cache("sharegap")).expanduser().absolute()


def fetch(name: str) -> Path:
    """The file `name` of SOURCES, checked by its sha256, downloaded where it is not there yet.

    Raises UserError, which says where it was looked for and where to put it by hand, where it cannot be had or is
    not what was published. A file that is there is never touched, and none appears before it is whole.
    """
    path, known = folder() / name, SOURCES[name].sha256
    try:
        there = path.exists()
        found = pooch.file_hash(path) if there else known
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}; {_by_hand(name, path)}") from error
    if found != known:
        raise UserError(
            f"{path} is not the published file, or it is cut off (its sha256 is {found}): delete it; "
            + _by_hand(name, path)
        )
    if not there:
        _download(name, path)
    return path


def _download(name: str, path: Path) -> None:
    reason = "it has no public address"
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT, headers={"Accept-Encoding": "identity"})  # a .gz stays one
    for url in SOURCES[name].urls:
        try:
            pooch.retrieve(url, f"sha256:{SOURCES[name].sha256}", path.name, path.parent, downloader=downloader)
        except ValueError:
            reason = f"what {url} sends is not the published file, or it is cut off"
        except OSError as error:  # requests' errors are such, too
            reason = f"{url} could not be downloaded: {error.strerror or type(error).__name__}"
        else:
            return
    raise UserError(f"{name} is not at {path}, and {reason}; {_by_hand(name, path)}")


def _by_hand(name: str, path: Path) -> str:
    urls = SOURCES[name].urls
    source = f" from {urls[0]}" if urls else ""
    return f"put it there by hand{source}, or set {FOLDER} to a folder that has {name}"


def parsed(
    name: str,
    arrays: Sequence[str],
    sources: Sequence[str],
    make: Callable[..., Sequence[np.ndarray]],
) -> list[np.ndarray]:
    """The `arrays` that `make(*paths)` returns for the files `sources`, in this order: parsed once, then mapped.

    They are kept beside the files, or in the user's cache where that folder cannot be written, under the sha256 of
    the sources. What cannot be kept is parsed again next time, with a warning.
    """
    content = " ".join([PARSERS, *(SOURCES[source].sha256 for source in sources)])
    key = sha256(content.encode()).hexdigest()[:16]
    places = [_kept() / f"{name}-{key}-{array}.npy" for array in arrays]
    mapped = _mapped(places)
    if mapped is None:
        made = list(make(*map(fetch, sources)))
        try:
            for place, array in zip(places, made, strict=True):
                write_atomic(place, _npy(array))
        except OSError as error:
            warnings.warn(
                f"{name} is parsed anew each time, for it cannot be kept at {places[0].parent}: "
                f"{error.strerror or error}",
                stacklevel=2,
            )
        mapped = _mapped(places) or made
    return mapped


def _kept() -> Path:
    there = next(place for place in (folder(), *folder().parents) if place.is_dir())
    # The superuser may write anywhere: a folder that is nobody's to write is taken at its word.
    writable = os.access(there, os.W_OK) and there.stat().st_mode & 0o222
    return (folder() if writable else Path(pooch.os_cache("sharegap"))) / "parsed"


def _mapped(places: Sequence[Path]) -> list[np.ndarray] | None:
    """The arrays at `places`; None where one is not there, or is no whole array."""
    try:
        return [np.load(place, mmap_mode="r", allow_pickle=False) for place in places]
    except (OSError, ValueError, EOFError):
        return None


def _npy(array: np.ndarray) -> bytes:
    content = BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()
