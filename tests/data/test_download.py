"""Files of the published data sets: found, downloaded from a server of this test, refused, and parsed once."""

import errno
import os
import shutil
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import numpy as np
import pooch
import pytest

from sharegap.data import download
from sharegap.data.download import fetch, parsed
from sharegap.data.registry import SOURCES, Source
from sharegap.errors import UserError

DOWNLOAD = download._download
NAME, CONTENT = "mnist/train-labels-idx1-ubyte.gz", b"what was published" * 1000


class Server(BaseHTTPRequestHandler):
    """Sends what its path asks for."""

    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write({"/cut": CONTENT[:-1000], "/other": CONTENT[::-1]}.get(self.path, CONTENT))

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(Server, "asked", [])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where the file is looked for; downloading is as it is outside of tests."""
    monkeypatch.setenv(download.FOLDER, str(tmp_path / "data"))
    monkeypatch.setattr(download, "_download", DOWNLOAD)
    return tmp_path / "data" / NAME


@pytest.fixture
def publish(monkeypatch):
    def publish_at(*urls):
        monkeypatch.setitem(SOURCES, NAME, Source(sha256(CONTENT).hexdigest(), urls))

    publish_at()
    return publish_at


def refused():
    """The sentence that the user reads; it always says where to put the file."""
    with pytest.raises(
        UserError, match=f"put it there by hand.*set SHAREGAP_DATA to a folder that has {NAME}"
    ) as raised:
        fetch(NAME)
    return str(raised.value)


def test_a_file_put_there_by_hand_is_used_as_it_is_even_where_nothing_can_be_written(place, publish):
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    place.chmod(0o444)
    place.parent.chmod(0o555)
    try:
        assert fetch(NAME) == place
    finally:
        place.parent.chmod(0o755)
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_a_file_that_is_not_there_is_downloaded_once(place, publish, server):
    publish(f"{server}/good")
    assert fetch(NAME).read_bytes() == CONTENT
    assert fetch(NAME) == place
    assert Server.asked == ["/good"]


@pytest.mark.parametrize("bad", ["/missing", "/cut", "/other"])
def test_where_one_server_fails_the_next_is_asked(place, publish, server, bad):
    publish(f"{server}{bad}", f"{server}/good")
    assert fetch(NAME).read_bytes() == CONTENT
    assert Server.asked == [bad, "/good"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/missing", "could not be downloaded: HTTPError"),
        ("/cut", "could not be downloaded: ChunkedEncodingError"),
        ("/other", "sends is not the published file"),
    ],
)
def test_a_download_that_fails_leaves_nothing_behind(place, publish, server, path, reason):
    publish(f"{server}{path}")
    sentence = refused()
    assert reason in sentence
    assert f"{NAME} is not at {place}" in sentence
    assert f"by hand from {server}{path}" in sentence
    assert not list(place.parent.iterdir())


def test_without_a_network(place, publish, server, monkeypatch):
    publish("http://127.0.0.1:9/closed")
    assert "http://127.0.0.1:9/closed could not be downloaded: ConnectionError" in refused()


def test_on_a_full_disk(place, publish, server, monkeypatch):
    def full(self, url, output_file, pooch):
        with open(output_file, "wb") as file:  # noqa: PTH123
            file.write(CONTENT[:1000])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)
    publish(f"{server}/good")
    assert "No space left on device" in refused()
    assert not list(place.parent.iterdir())


def test_a_file_without_a_public_address(place, publish):
    assert "it has no public address" in refused()


def test_a_wrong_file_is_refused_and_left_alone(place, publish, server):
    publish(f"{server}/good")
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT[:-1])
    assert f"{place} is not the published file, or it is cut off" in refused()
    assert place.read_bytes() == CONTENT[:-1]
    assert not Server.asked


def test_a_folder_of_its_name_is_refused(place, publish):
    place.mkdir(parents=True)
    assert f"{place} cannot be read: Is a directory" in refused()


def test_without_the_variable_files_are_in_the_users_cache(monkeypatch):
    monkeypatch.delenv(download.FOLDER, raising=False)
    assert download.folder() == pooch.os_cache("sharegap")


class Parser:
    """Counts how often it is asked."""

    def __init__(self):
        self.times = 0

    def __call__(self, path):
        self.times += 1
        return [np.frombuffer(path.read_bytes(), np.uint8), np.arange(6).reshape(2, 3)]

    def arrays(self):
        found = parsed("example", ["x", "y"], [NAME], self)
        assert found[0].tobytes() == CONTENT
        assert found[1].tolist() == [[0, 1, 2], [3, 4, 5]]
        return found


@pytest.fixture
def kept(place, publish):
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    return place.parents[1] / "parsed"


def test_is_parsed_once_and_then_mapped(kept):
    parser = Parser()
    for _ in range(3):
        assert all(isinstance(array, np.memmap) for array in parser.arrays())
    assert parser.times == 1
    shutil.rmtree(kept.parent / "mnist")
    parser.arrays()  # what is kept needs no source


def test_is_parsed_again_for_other_content_and_by_another_parser(kept, monkeypatch):
    parser = Parser()
    parser.arrays()
    monkeypatch.setattr(download, "PARSERS", "another")
    parser.arrays()
    assert parser.times == 2
    other = CONTENT + b"more"
    monkeypatch.setitem(SOURCES, NAME, Source(sha256(other).hexdigest()))
    (kept.parent / NAME).write_bytes(other)
    assert parsed("example", ["x", "y"], [NAME], parser)[0].tobytes() == other


@pytest.mark.parametrize("damage", [b"", b"nothing", None])
def test_what_is_kept_and_damaged_is_parsed_again(kept, damage):
    parser = Parser()
    parser.arrays()
    [x] = kept.glob("*-x.npy")
    x.write_bytes(x.read_bytes()[:-1] if damage is None else damage)
    parser.arrays()
    parser.arrays()
    assert parser.times == 2


def test_beside_files_in_a_folder_that_cannot_be_written_it_is_kept_in_the_cache(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda _: tmp_path / "cache")
    kept.parent.chmod(0o555)
    parser = Parser()
    try:
        parser.arrays()
        parser.arrays()
    finally:
        kept.parent.chmod(0o755)
    assert parser.times == 1
    assert not kept.exists()
    assert len(list((tmp_path / "cache" / "parsed").iterdir())) == 2


def test_on_a_full_disk_it_is_used_and_not_kept(kept, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(UserWarning, match=f"cannot be kept at {kept}: No space left on device"):
        Parser().arrays()
    assert not list(kept.iterdir())
