"""Find the files of the published data sets, and download those that are missing."""

import os
from pathlib import Path

import pooch

from sharegap.data.registry import SOURCES
from sharegap.errors import UserError

DATA_VARIABLE = "SHAREGAP_DATA"
"""The environment variable that names the data folder."""
TIMEOUT = 30
"""Seconds in which a server must answer."""


def data_folder() -> Path:
    """Return the folder of all published files: what SHAREGAP_DATA says, or else the user's cache."""
    return Path(os.environ.get(DATA_VARIABLE) or pooch.os_cache("sharegap")).expanduser().absolute()


def fetch(name: str) -> Path:
    """Return the path of a published file, checked by its sha256 and downloaded if it is missing.

    A file that exists is never changed, and a new one appears only once it is complete.

    Args:
        name: a key of `sharegap.data.registry.SOURCES`.

    Raises:
        UserError: if the file cannot be read or downloaded, or is another one. It says where the file was looked
            for and where to put it by hand.
    """
    path, expected = data_folder() / name, SOURCES[name].sha256
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
    raise UserError(f"{name} is not at {path}, and {reason}; {_remedy(name)}")


def _remedy(name: str) -> str:
    """Say how to provide a file by hand."""
    urls = SOURCES[name].urls
    source = f" from {urls[0]}" if urls else ""
    return f"put it there by hand{source}, or set {DATA_VARIABLE} to a folder that has {name}"
