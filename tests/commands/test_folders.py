"""An output folder that is full, cannot do what is asked of it, or is shared."""

import errno
import fcntl
import os
import time
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from sharegap import atomic
from sharegap.results import Store
from tests.command_line import SMOKE

ONE_RUN = [*SMOKE, "~suite.studies.digits", "suite.methods=[none]"]
WRITTEN = ["fleets.parquet", "suites/", "checkpoints/", "results/", "leaderboard/"]
"""What a suite writes, in this order."""


def stored(folder):
    return Store(folder).runs().sort("run").drop("train_seconds")


def finished(folder):
    """What must not be lost."""
    return {path: path.read_bytes() for path in (folder / "results").glob("*.parquet")}


def only_sentence(result):
    assert result.code == 2
    assert "Traceback" not in result.err
    return [line for line in result.err.splitlines() if line.startswith("sharegap:")]


def test_full_disk_is_one_sentence(command, tmp_path, monkeypatch):
    """Wherever something is written: it names the file, nothing finished is lost, and the next start goes on."""
    out = tmp_path / "out"
    assert command("bench", *ONE_RUN, f"out={tmp_path / 'whole'}").code == 0
    real = os.fsync
    for place in WRITTEN:

        def full(file, place=place):
            if place in str(Path(f"/proc/self/fd/{file}").readlink()).removeprefix(str(out)):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(file)

        before = finished(out)
        with monkeypatch.context() as patch:
            patch.setattr(atomic.os, "fsync", full)
            [sentence] = only_sentence(command("bench", *ONE_RUN))
        assert sentence.startswith(f"sharegap: No space left on device: {out}/{place}")
        assert sentence.endswith("; make room there or choose another folder")
        assert before.items() <= finished(out).items()
        assert not list(out.rglob(f"*{atomic.UNFINISHED}"))
    assert command("bench", *ONE_RUN).code == 0
    assert_frame_equal(stored(out), stored(tmp_path / "whole"))


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_file_system_without_locks(command, tmp_path, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert only_sentence(command("bench", *ONE_RUN)) == [
        f"sharegap: {tmp_path}/out must be on a file system that can lock files: choose another folder"
    ]


def test_file_system_without_renames(command, tmp_path, monkeypatch):
    def refuse(self, _):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(Path, "replace", refuse)
    assert only_sentence(command("bench", *ONE_RUN)) == [
        f"sharegap: Operation not supported: {tmp_path}/out/suites/smoke.parquet; choose another folder"
    ]


def test_second_process_is_turned_away(command, tmp_path):
    with Store(tmp_path / "out").lock():
        [sentence] = only_sentence(command("bench", *ONE_RUN))
        assert sentence.startswith(f"sharegap: another sharegap process is writing to {tmp_path}/out")
        [sentence] = only_sentence(command("run"))
        assert sentence.startswith(f"sharegap: another sharegap process is writing to {tmp_path}/out")


def test_clock_that_jumps_back_changes_nothing(command, tmp_path, monkeypatch):
    """No figure and no choice depends on the time of day."""
    small = ["training.steps=20", "training.evaluations=2"]
    command("run", *small, f"out={tmp_path / 'whole'}")
    begin = time.time()
    moments = iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: begin - 3600 * next(moments))
    assert command("run", *small).code == 0
    assert_frame_equal(stored(tmp_path / "out"), stored(tmp_path / "whole"))
    assert Store(tmp_path / "out").runs()["train_seconds"][0] > 0


def test_full_disk_where_hydra_writes(command, tmp_path, monkeypatch):
    """Hydra writes a copy of the options there, first of all."""

    def _save_config(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("hydra.core.utils._save_config", _save_config)
    [sentence] = only_sentence(command("bench", *ONE_RUN))
    assert sentence.startswith(f"sharegap: No space left on device: {tmp_path}/out; make room")


def test_output_beside_configs_of_ones_own(command, tmp_path):
    """Hydra takes a folder of configs for a group of options."""
    (tmp_path / "out" / "jobs").mkdir(parents=True)
    (tmp_path / "out" / "jobs" / "config.yaml").touch()
    [sentence] = only_sentence(command("run", "--config-dir", str(tmp_path)))
    assert "--config-dir names must not contain a folder out" in sentence
