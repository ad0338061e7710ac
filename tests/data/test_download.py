"""Files of the published data sets: read where they are, downloaded from a server of this test, or refused."""

import errno
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pooch
import pytest

from sharegap.data import download
from sharegap.data.download import fetch
from sharegap.errors import UserError
from tests.data.conftest import CONTENT, NAME


class Server(BaseHTTPRequestHandler):
    """Sends what its path asks for, and records the paths."""

    requests: ClassVar[list[str]] = []

    def do_GET(self):
        self.requests.append(self.path)
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write({"/cut": CONTENT[:-1000], "/other": CONTENT[::-1]}.get(self.path, CONTENT))

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(Server, "requests", [])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def refusal():
    """The message that the user reads; it always says where to put the file."""
    with pytest.raises(
        UserError, match=f"put it there by hand.*set SHAREGAP_DATA to a folder that has {NAME}"
    ) as raised:
        fetch(NAME)
    return str(raised.value)


def test_local_file_in_read_only_folder(path, publish):
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        assert fetch(NAME) == path
    finally:
        path.parent.chmod(0o755)
    assert [path.name for path in path.parent.iterdir()] == [path.name]


def test_missing_file_is_downloaded_once(path, publish, server):
    publish(f"{server}/good")
    assert fetch(NAME).read_bytes() == CONTENT
    assert fetch(NAME) == path
    assert Server.requests == ["/good"]


@pytest.mark.parametrize("bad", ["/missing", "/cut", "/other"])
def test_next_server_if_one_fails(path, publish, server, bad):
    publish(f"{server}{bad}", f"{server}/good")
    assert fetch(NAME).read_bytes() == CONTENT
    assert Server.requests == [bad, "/good"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("/missing", "could not be downloaded: HTTPError"),
        ("/cut", "could not be downloaded: ChunkedEncodingError"),
        ("/other", "sends another file"),
    ],
)
def test_failed_download_leaves_nothing(path, publish, server, address, reason):
    publish(f"{server}{address}")
    message = refusal()
    assert reason in message
    assert f"{NAME} is not in {path.parents[2] / 'originals'} nor at {path}" in message
    assert f"by hand from {server}{address}" in message
    assert not list(path.parent.iterdir())


def test_no_network(path, publish, server):
    publish("http://127.0.0.1:9/closed")
    assert "http://127.0.0.1:9/closed could not be downloaded: ConnectionError" in refusal()


def test_full_disk(path, publish, server, monkeypatch):
    def full(self, url, output_file, pooch):
        with open(output_file, "wb") as file:  # noqa: PTH123
            file.write(CONTENT[:1000])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)
    publish(f"{server}/good")
    assert "No space left on device" in refusal()
    assert not list(path.parent.iterdir())


def test_file_without_public_address(path, publish):
    assert "it has no public address" in refusal()


def test_wrong_file_is_refused_and_kept(path, publish, server):
    publish(f"{server}/good")
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT[:-1])
    assert f"{path} must be the published file, got one with sha256" in refusal()
    assert path.read_bytes() == CONTENT[:-1]
    assert not Server.requests


def test_folder_of_that_name_is_refused(path, publish):
    path.mkdir(parents=True)
    assert f"{path} cannot be read: Is a directory" in refusal()


def test_originals_are_never_written(path, publish, server):
    """A file that is there is read there; one that is missing is downloaded into the cache."""
    originals = path.parents[2] / "originals"
    publish(f"{server}/good")
    assert fetch(NAME) == path
    assert not originals.exists()
    (originals / NAME).parent.mkdir(parents=True)
    (originals / NAME).write_bytes(CONTENT)
    assert fetch(NAME) == originals / NAME


def test_default_cache_folder(monkeypatch):
    monkeypatch.delenv(download.CACHE_VARIABLE, raising=False)
    assert download.cache_folder() == pooch.os_cache("sharegap")
