"""A user's mistake: one sentence, exit code 2, no traceback, and nothing trained."""

import errno
import os

import pytest

from sharegap import atomic
from sharegap.results import Store
from tests.command_line import SMOKE

MISTAKES = {
    ("sharegap", "dataset=mnist2d"): "there is no dataset 'mnist2d': did you mean mnist1d",
    ("sharegap", "model=locla1d"): "there is no model 'locla1d': did you mean local1d",
    ("sharegap", "sharing=sofft"): "there is no sharing 'sofft': did you mean soft",
    ("sharegap", "regularizer=[dropuot]"): "there is no regularizer 'dropuot': did you mean dropout",
    ("sharegap", "method=harder"): "there is no method 'harder': did you mean hard",
    ("bench", "suite=defualt"): "there is no suite 'defualt': did you mean default",
    ("bench", "suite.methods=[none,sotf]"): "there is no method 'sotf': did you mean soft",
    ("sharegap", "sharing=soft", "sharing.strenght=1"): "there is no option 'sharing.strenght': did you mean",
    ("sharegap", "sharing=hard", "sharing.strength=1"): "there is no option 'sharing.strength'",
    ("sharegap", "sede=1"): "there is no option 'sede': did you mean seed",
    ("sharegap", "sharing=soft", "sharing.strength=-1"): "sharing.strength must be in [0, inf), got -1",
    ("sharegap", "sharing=soft", "sharing.strength=lots"): "sharing.strength must be a number, got 'lots'",
    ("sharegap", "regularizer=[l2]", "regularizer.l2.strength=-1"): "l2.strength must be in [0, inf), got -1",
    ("sharegap", "regularizer=[dropout]", "regularizer.dropout.strength=1"): ".strength must be in [0, 1), got 1",
    ("sharegap", "regularizer=[early_stopping]", "regularizer.early_stopping.strength=0"): "integer in [1, inf]",
    ("sharegap", "regularizer=[early_stopping]", "dataset.n_validation=0"): "early stopping needs validation samples",
    ("sharegap", "dataset.n_train=4001"): "dataset.n_train must be from 10, one per class, to 3500",
    ("sharegap", "dataset.n_train=9"): "dataset.n_train must be from 10, one per class, to 3500",
    ("sharegap", "dataset=digits"): "this model takes sequences (channels, length) of one class each; the",
    ("sharegap", "training.steps=0"): "training.steps must be an integer >= 1, got 0",
    ("sharegap", "training.steps=100.0"): "training.steps must be an integer >= 1, got 100.0",
    ("sharegap", "model.network.channels=25.0"): "model.network.channels must be an integer >= 1, got 25.0",
    ("bench", "suite.seeds=2.0"): "suite.seeds must be an integer >= 1, got 2.0",
    ("sharegap", "optimizer.lr=0"): "optimizer.lr must be a finite number > 0, got 0",
    ("sharegap", "trainer=gpu"): "asks for a GPU and there is none here: use trainer=cpu",
    ("sharegap", "trainer.precision=31"): "Lightning refuses these trainer options",
    ("sharegap", "seed=[1"): "the option 'seed=[1' cannot be read",
    ("sharegap", "out=/proc/nowhere"): "/proc/nowhere",
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES.items(), ids=[" ".join(key) for key in MISTAKES])
def test_gets_one_sentence(command, tmp_path, arguments, sentence):
    program, *options = arguments
    result = command(program, *options)
    assert result.code == 2
    assert sentence in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert "Traceback" not in result.err
    assert not list(tmp_path.glob("out/results/*"))


def test_a_second_process_is_turned_away(command, tmp_path):
    with Store(tmp_path / "out").lock():
        result = command("bench", *SMOKE)
    assert result.code == 2
    assert "another sharegap process is writing to" in result.err


def test_full_disk_loses_no_fleet(command, tmp_path, monkeypatch):
    """A full disk is one sentence and the fleet is not lost."""
    part = tmp_path / "out" / "results" / "fleet.parquet"

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(part))

    small = ["training.steps=20", "training.evaluations=2"]
    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, "fsync", full)
        result = command("sharegap", *small)
    assert result.code == 2
    assert f"No space left on device: {part}; make room there" in result.err.splitlines()[-1]
    assert "Traceback" not in result.err
    # The fleet was trained to its end: there is nothing left to train, only to store.
    again = command("sharegap", *small)
    assert again.code == 0
    assert "counts for this method" in again.out
    assert "stored, not trained again" not in again.out
