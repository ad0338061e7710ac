"""What is stored comes back; what is damaged or of another version is not read."""

import json
import os
import subprocess
import sys

import polars as pl
import pytest

from sharegap import atomic
from sharegap.errors import UserError
from sharegap.results import PLAN, Store, provenance, store, stored_file
from tests.results.conftest import row
from tests.rows import facts_of


def test_stored_runs_come_back_once(tmp_path):
    stored = Store(tmp_path)
    with stored.lock():
        stored.append("a", [row("1"), row("2", diverged=True)])
        stored.append("b", [row("2"), row("3")])
    runs = stored.runs()
    assert runs["run"].to_list() == ["1", "2", "3"]
    assert runs["diverged"].to_list() == [False, True, False]
    assert runs.row(0, named=True) == row("1")
    assert Store(tmp_path / "nothing").runs().is_empty()


@pytest.mark.parametrize("damage", ["truncated", "columns", "no parquet"])
def test_damaged_part_is_left_out(tmp_path, damage):
    """Reading changes nothing; the writer sets it aside, under a name of its own."""
    stored = Store(tmp_path)
    with stored.lock():
        stored.append("good", [row("1")])
        stored.append("bad", [row("2")])
    (part,) = stored.parts.glob("bad*")
    if damage == "truncated":
        part.write_bytes(part.read_bytes()[:-20])
    elif damage == "columns":
        pl.read_parquet(part).drop("diverged").write_parquet(part, metadata={"sharegap_schema": str(store.VERSION)})
    elif damage == "no parquet":
        part.write_text("")
    older = part.with_suffix(".set-aside-1")
    older.write_text("of an earlier accident")
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"bad.*\.parquet .*: it is left out$"):
            assert stored.runs()["run"].to_list() == ["1"]
    with pytest.warns(UserWarning, match=r"bad.*\.parquet .*: it is set aside as bad.*\.set-aside-2, and its runs are"):
        assert stored.runs(is_writer=True)["run"].to_list() == ["1"]
    assert part.with_suffix(".set-aside-2").exists()
    assert older.read_text() == "of an earlier accident"
    assert stored.runs()["run"].to_list() == ["1"]  # and now without a warning


def test_parts_of_another_version_stay(tmp_path, monkeypatch):
    """They are neither read nor renamed nor overwritten by the same fleet, and one warning counts them."""
    stored = Store(tmp_path)
    with stored.lock():
        with monkeypatch.context() as patch:
            older_version = store.VERSION - 1
            for module in (stored_file, store):  # the file's metadata, and its name
                patch.setattr(module, "VERSION", older_version)
            for name in ("a", "b"):
                stored.append(name, [row(name)])
        older = {path: path.read_bytes() for path in stored.parts.iterdir()}
        with pytest.warns(UserWarning, match="^parts of another version, left alone .*: 2$") as warnings:
            assert stored.runs().is_empty()
        stored.append("a", [row("a")])
    assert len(warnings) == 1
    assert {path: path.read_bytes() for path in older} == older
    with pytest.warns(UserWarning, match="^parts of another version, left alone .*: 2$"):
        assert stored.runs()["run"].to_list() == ["a"]


def test_parts_of_other_code_are_read_and_said(tmp_path, monkeypatch):
    """Their figures may be others; the protocol alone makes other runs."""
    stored = Store(tmp_path)
    made_by = {"sharegap": "0.0.1", "torch": provenance.versions()["torch"], "commit": "abc"}
    with stored.lock(), monkeypatch.context() as patch:
        patch.setattr(provenance, "versions", lambda: made_by)
        stored.append("a", [row("1")])
        stored.append("b", [row("2")])
    stored.append("c", [row("3")])
    with pytest.warns(UserWarning, match=r"^parts made by sharegap 0\.0\.1 and read in .*: 2; fresh=true") as caught:
        assert stored.runs()["run"].to_list() == ["1", "2", "3"]
    assert len(caught) == 1
    assert json.loads(pl.read_parquet_metadata(next(stored.parts.glob("a*")))["versions"]) == made_by


def test_runs_are_set_aside(tmp_path):
    """The rows of other runs stay, and nothing is lost."""
    stored = Store(tmp_path)
    with stored.lock():
        stored.append("a", [row("1"), row("2")])
        stored.append("b", [row("2")])
        stored.append("c", [row("3")])
        before = {path.stem: path.read_bytes() for path in stored.parts.iterdir()}
        stored.set_aside(["2"])
        assert stored.runs()["run"].to_list() == ["1", "3"]
        stored.append("b", [row("2", diverged=True)])
    assert stored.runs().filter(pl.col("run") == "2")["diverged"].to_list() == [True]
    aside = {path.name.partition(".set")[0]: path.read_bytes() for path in stored.parts.glob("*.set-aside-1")}
    assert aside == {name: before[name] for name in before if name[0] in "ab"}


def test_interrupted_write_leaves_nothing_behind(tmp_path, monkeypatch):
    stored = Store(tmp_path)
    with stored.lock():
        stored.append("a", [row("1")])
        before = list(stored.parts.iterdir())

        def full_disk(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(atomic.os, "fsync", full_disk)
        with pytest.raises(OSError, match="No space left"):
            stored.append("a", [row("2")])
    assert list(stored.parts.iterdir()) == before
    assert stored.runs()["run"].to_list() == ["1"]


def test_writer_removes_what_a_kill_left(tmp_path):
    """Files half written, and the checkpoint of a fleet that was just stored; not that of one trained again."""
    stored = Store(tmp_path)
    with stored.lock():
        for name in ("done", "again"):
            (stored.checkpoints / f"{name}.ckpt").write_bytes(b"of a training")
            stored.append(name, [row(name)])
    for folder in (tmp_path, stored.parts, stored.plans, stored.checkpoints):
        (folder / f".file.0123{atomic.UNFINISHED}").write_bytes(b"half")
    [again] = stored.parts.glob("again*")
    os.utime(again, (1000, 1000))
    with stored.lock():
        stored.clear()
    assert not list(tmp_path.rglob(f"*{atomic.UNFINISHED}"))
    assert [path.name for path in stored.checkpoints.iterdir()] == ["again.ckpt"]


def test_folder_named_like_a_pattern(tmp_path):
    stored = Store(tmp_path / "runs[1]*?")
    with stored.lock():
        stored.append("a", [row("1")])
        stored.write_plan(pl.DataFrame(schema=PLAN), facts_of("s", []))
    assert stored.runs(is_writer=True)["run"].to_list() == ["1"]
    assert stored.plan("s")[0].is_empty()


def test_newest_plan_whatever_the_clock_says(tmp_path):
    stored = Store(tmp_path)
    with stored.lock():
        stored.write_plan(pl.DataFrame(schema=PLAN), facts_of("first", []))
        os.utime(stored.plans / "first.parquet", (4e9, 4e9))  # in the future
        stored.write_plan(pl.DataFrame(schema=PLAN), facts_of("second", []))
    assert stored.suites() == ["first", "second"]


def test_one_process_at_a_time_writes(tmp_path):
    script = f"from pathlib import Path; from sharegap.results import Store; Store(Path({str(tmp_path)!r})).lock()"
    with Store(tmp_path).lock():
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "another sharegap process is writing to" in other.stderr
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_plan_and_its_suite_come_back(tmp_path):
    stored = Store(tmp_path)
    published = {"d": {"hard": {"test_score": 0.9, "tolerance": 0.1, "outperforms": ["none"]}}}
    facts = facts_of("s", ["none", "hard", "hard+l2"], published=published, deviations={"d": "Fewer steps."})
    plan = pl.DataFrame([dict.fromkeys(PLAN) | {"suite": "s", "run": "1"}], schema=PLAN)
    with stored.lock():
        stored.write_plan(plan, facts)
    table, suite = stored.plan("s")
    assert table.equals(plan)
    assert suite == facts


def test_command_of_a_plan_comes_back(tmp_path):
    """Plans of an earlier version do not say it."""
    stored = Store(tmp_path)
    stored.write_plan(pl.DataFrame(schema=PLAN), facts_of("s", []), "sharegap bench suite=s")
    assert stored.command("s") == "sharegap bench suite=s"
    stored_file.write_table(pl.DataFrame(schema=PLAN), stored.plans / "s.parquet")
    assert stored.command("s") == ""


def test_plan_of_another_version_is_refused(tmp_path, monkeypatch):
    stored = Store(tmp_path)
    with stored.lock(), monkeypatch.context() as patch:
        patch.setattr(stored_file, "VERSION", store.VERSION - 1)
        stored.write_plan(pl.DataFrame(schema=PLAN), facts_of("s", []))
    with pytest.raises(
        UserError, match=r"the plan of suite s in .* is of another version: run `sharegap bench suite=s`"
    ):
        stored.plan("s")
    assert stored.suites() == ["s"]


def test_plan_of_unknown_suite(tmp_path):
    stored = Store(tmp_path)
    with pytest.raises(UserError, match="run `sharegap bench` first"):
        stored.plan("default")


def test_damaged_plan_stays(tmp_path):
    stored = Store(tmp_path)
    with stored.lock():
        stored.write_plan(pl.DataFrame(schema=PLAN), facts_of("s", []))
    path = stored.plans / "s.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"s\.parquet cannot be read.*: run `sharegap bench suite=s` to write it again"):
        stored.plan("s")
    assert path.exists()


def test_reads_a_folder_it_cannot_write(tmp_path):
    stored = Store(tmp_path)
    with stored.lock():
        stored.append("a", [row("1")])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    stored.runs()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("facts", ["{", None])
def test_a_plan_without_its_facts_is_damaged(tmp_path, facts):
    stored = Store(tmp_path)
    stored.write_plan(pl.DataFrame(schema=PLAN), facts_of("s", []))
    metadata = {"sharegap_schema": str(store.VERSION)} | ({"suite": facts} if facts else {})
    pl.DataFrame(schema=PLAN).write_parquet(stored.plans / "s.parquet", metadata=metadata)
    with pytest.raises(UserError, match=r"s\.parquet has lost the facts of its suite: run `sharegap bench suite=s`"):
        stored.plan("s")
