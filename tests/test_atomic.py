import errno
import os

import pytest

from sharegap import atomic
from sharegap.atomic import open_atomic, write_atomic


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "new" / "row.json"
    for content in (b"first", b"second"):
        write_atomic(path, content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "row.json"
    write_atomic(path, b"old")
    with pytest.raises(TypeError):
        write_atomic(path, "no bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_parts_are_seen_all_at_once(tmp_path):
    path = tmp_path / "row.json"
    write_atomic(path, b"old")
    with open_atomic(path) as file:
        file.write(b"first, ")
        assert path.read_bytes() == b"old"
        file.write(b"second")
    assert path.read_bytes() == b"first, second"
    with pytest.raises(TypeError), open_atomic(path) as file:
        file.write("no bytes")
    assert path.read_bytes() == b"first, second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_names_the_file(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as raised:
        write_atomic(tmp_path / "row.json", b"")
    assert raised.value.filename == str(tmp_path / "row.json")
    assert not list(tmp_path.iterdir())
