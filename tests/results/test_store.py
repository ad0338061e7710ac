import subprocess
import sys

import polars as pl
import pytest

from sharegap import atomic
from sharegap.errors import UserError
from sharegap.results import Store, store
from tests.results.conftest import row


def test_gives_back_what_was_stored_once(tmp_path):
    stored = Store(tmp_path)
    with stored.lock():
        stored.append("a", [row("1"), row("2", diverged=True)])
        stored.append("b", [row("2"), row("3")])
    runs = stored.runs()
    assert runs["run"].to_list() == ["1", "2", "3"]
    assert runs["diverged"].to_list() == [False, True, False]
    assert Store(tmp_path / "nothing").runs().is_empty()


@pytest.mark.parametrize("damage", ["truncated", "version", "columns", "no parquet"])
def test_sets_a_part_aside_that_it_cannot_read(tmp_path, monkeypatch, damage):
    stored = Store(tmp_path)
    with stored.lock():
        stored.append("good", [row("1")])
        with monkeypatch.context() as patch:
            if damage == "version":
                patch.setattr(store, "VERSION", store.VERSION - 1)
            stored.append("bad", [row("2")])
    part = stored.parts / "bad.parquet"
    if damage == "truncated":
        part.write_bytes(part.read_bytes()[:-20])
    elif damage == "columns":
        pl.read_parquet(part).drop("diverged").write_parquet(part, metadata={"sharegap_schema": str(store.VERSION)})
    elif damage == "no parquet":
        part.write_text("")
    with pytest.warns(UserWarning, match=r"bad\.parquet .* set aside as bad\.set-aside"):
        assert stored.runs()["run"].to_list() == ["1"]
    assert (stored.parts / "bad.set-aside").exists()
    assert stored.runs()["run"].to_list() == ["1"]  # and now without a warning


def test_an_interrupted_write_leaves_nothing_behind(tmp_path, monkeypatch):
    stored = Store(tmp_path)
    with stored.lock():
        stored.append("a", [row("1")])

        def full_disk(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(atomic.os, "fsync", full_disk)
        with pytest.raises(OSError, match="No space left"):
            stored.append("a", [row("2")])
    assert [path.name for path in stored.parts.iterdir()] == ["a.parquet"]
    assert stored.runs()["run"].to_list() == ["1"]


def test_one_process_at_a_time_writes_to_a_folder(tmp_path):
    script = f"from pathlib import Path; from sharegap.results import Store; Store(Path({str(tmp_path)!r})).lock()"
    with Store(tmp_path).lock():
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "another sharegap process is writing to" in other.stderr
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_an_unknown_suite_is_named_with_its_near_misses(tmp_path):
    stored = Store(tmp_path)
    with pytest.raises(UserError, match="run `make bench` first"):
        stored.plan("default")
