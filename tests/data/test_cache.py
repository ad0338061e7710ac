"""Parsed arrays are cached and mapped, or parsed again when anything changed."""

import errno
import os
import shutil
from hashlib import sha256

import numpy as np
import pytest

from sharegap.data import cache
from sharegap.data.cache import cached_arrays
from sharegap.data.registry import SOURCES, Source
from tests.data.conftest import CONTENT, NAME


class Parser:
    """Counts how often it is called."""

    def __init__(self):
        self.calls = 0

    def __call__(self, path):
        self.calls += 1
        return [np.frombuffer(path.read_bytes(), np.uint8), np.arange(6).reshape(2, 3)]

    def arrays(self):
        arrays = cached_arrays("example", ["x", "y"], [NAME], self)
        assert arrays[0].tobytes() == CONTENT
        assert arrays[1].tolist() == [[0, 1, 2], [3, 4, 5]]
        return arrays


@pytest.fixture
def cache_folder(path, publish):
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    return path.parents[1] / "parsed"


def test_parsed_once_then_mapped(cache_folder):
    parser = Parser()
    for _ in range(3):
        assert all(isinstance(array, np.memmap) for array in parser.arrays())
    assert parser.calls == 1
    shutil.rmtree(cache_folder.parent / "mnist")
    parser.arrays()  # cached arrays need no file


def test_parsed_again_if_file_or_parser_change(cache_folder, monkeypatch):
    parser = Parser()
    parser.arrays()
    monkeypatch.setattr(cache, "PARSER_VERSION", "another")
    parser.arrays()
    assert parser.calls == 2
    other = CONTENT + b"more"
    monkeypatch.setitem(SOURCES, NAME, Source(sha256(other).hexdigest()))
    (cache_folder.parent / NAME).write_bytes(other)
    assert cached_arrays("example", ["x", "y"], [NAME], parser)[0].tobytes() == other


@pytest.mark.parametrize("damage", [b"", b"nothing", None])
def test_damaged_cache_is_parsed_again(cache_folder, damage):
    parser = Parser()
    parser.arrays()
    [x] = cache_folder.glob("*-x.npy")
    x.write_bytes(x.read_bytes()[:-1] if damage is None else damage)
    parser.arrays()
    parser.arrays()
    assert parser.calls == 2


def test_nothing_is_kept_beside_originals(cache_folder, tmp_path):
    original = tmp_path / "originals" / NAME
    original.parent.mkdir(parents=True)
    (cache_folder.parent / NAME).rename(original)
    parser = Parser()
    parser.arrays()
    parser.arrays()
    assert parser.calls == 1
    assert [path for path in (tmp_path / "originals").rglob("*") if path.is_file()] == [original]
    assert len(list(cache_folder.iterdir())) == 2


def test_full_disk_is_a_warning(cache_folder, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(UserWarning, match=f"cannot be cached in {cache_folder}: No space left on device"):
        Parser().arrays()
    assert not list(cache_folder.iterdir())
