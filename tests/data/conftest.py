"""One published file that is a few bytes long, for the tests of downloads and of the cache."""

from hashlib import sha256

import pytest

from sharegap.data import download
from sharegap.data.registry import SOURCES, Source

DOWNLOAD = download._download
NAME, CONTENT = "mnist/train-labels-idx1-ubyte.gz", b"what was published" * 1000


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where the file is looked for; downloads work as outside of tests."""
    monkeypatch.setenv(download.DATA_VARIABLE, str(tmp_path / "originals"))
    monkeypatch.setenv(download.CACHE_VARIABLE, str(tmp_path / "data"))
    monkeypatch.setattr(download, "_download", DOWNLOAD)
    return tmp_path / "data" / NAME


@pytest.fixture
def publish(monkeypatch):
    def publish_at(*urls):
        monkeypatch.setitem(SOURCES, NAME, Source(sha256(CONTENT).hexdigest(), urls))

    publish_at()
    return publish_at


@pytest.fixture
def archive(tmp_path):
    """Where a test writes one file to be read."""
    return tmp_path / "archive"
