"""Find the files of the published data sets, and download those that are missing."""

import os
from pathlib import Path

import pooch

from sharegap.data.registry import SOURCES
from sharegap.errors import UserError

DATA_VARIABLE = "SHAREGAP_DATA"
"""The environment variable that names a folder of published files, which is only read."""
CACHE_VARIABLE = "SHAREGAP_CACHE"
"""The environment variable that names the folder of what is downloaded or parsed."""
TIMEOUT = 30
"""Seconds in which a server must answer."""


def cache_folder() -> Path:
    """Return the only folder for data that is ever written: what SHAREGAP_CACHE says, or else the user's cache."""
    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("sharegap")).expanduser().absolute()


def fetch(name: str) -> Path:
    """Return the path of a published file, checked by its sha256 and downloaded if it is missing.

    It is looked for in the folder that SHAREGAP_DATA names, then in the cache, where downloads are kept. A file that
    exists is never changed, and a new one appears only once it is complete.

    Args:
        name: a key of `sharegap.data.registry.SOURCES`.

    Raises:
        UserError: if the file cannot be read or downloaded, or is another one. It says where the file was looked
            for and where to put it by hand.
    """
    path, expected = _locate(name), SOURCES[name].sha256
    # pooch's own `fetch` would overwrite a file that differs and tries one address only.
    try:
        exists = path.exists()
        actual = pooch.file_hash(path) if exists else expected
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}; {_remedy(name)}") from error
    if actual != expected:
        raise UserError(f"{path} must be the published file, got one with sha256 {actual}: delete it; {_remedy(name)}")
    if not exists:
        _download(name, path)
    return path


def _locate(name: str) -> Path:
    """Where the file is, or where its download will be."""
    folder = os.environ.get(DATA_VARIABLE)
    if folder:
        path = Path(folder).expanduser().absolute() / name
        if os.path.lexists(path):
            return path
    return cache_folder() / name


def _download(name: str, path: Path) -> None:
    """Download a file from the first of its addresses that sends it."""
    reason = "it has no public address"
    # Without this header some servers compress a .gz file once more.
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT, headers={"Accept-Encoding": "identity"})
    for url in SOURCES[name].urls:
        try:
            pooch.retrieve(url, f"sha256:{SOURCES[name].sha256}", path.name, path.parent, downloader=downloader)
        except ValueError:
            reason = f"{url} sends another file"
        except OSError as error:  # includes the errors of requests
            reason = f"{url} could not be downloaded: {error.strerror or type(error).__name__}"
        else:
            return
    folder = os.environ.get(DATA_VARIABLE)
    places = f"in {folder} nor at {path}" if folder else f"at {path}"
    raise UserError(f"{name} is not {places}, and {reason}; {_remedy(name)}")


def _remedy(name: str) -> str:
    """Say how to provide a file by hand."""
    urls = SOURCES[name].urls
    source = f" from {urls[0]}" if urls else ""
    return f"put it there by hand{source}, or set {DATA_VARIABLE} to a folder that has {name}"
