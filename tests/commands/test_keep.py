"""Option `keep`: what is stored of each run beside its figures."""

import polars as pl
import pytest

from sharegap.results import Store
from tests.command_line import SMOKE

WORDS = ["run", "dataset=mnist1d", "training.steps=4", "training.evaluations=2", "logger=none"]


def test_a_stored_run_without_what_is_kept_is_trained_again(command, tmp_path):
    """Once, to the same figures."""
    words = [*WORDS, f"out={tmp_path}"]
    assert command(*words).code == 0
    store = Store(tmp_path)
    [run], [measured] = store.runs()["run"], store.runs()["measurements"].to_list()
    assert not store.model(run).exists()
    assert command(*words, "keep=[weights,predictions]").code == 0
    assert (store.runs()["run"].to_list(), store.runs()["measurements"].to_list()) == ([run], [measured])
    assert store.model(run).is_dir()
    written = store.predictions(run).stat().st_mtime_ns
    assert command(*words, "keep=predictions").code == 0
    assert store.predictions(run).stat().st_mtime_ns == written


def test_a_mistake_costs_no_stored_run(command, tmp_path):
    words = [*WORDS, f"out={tmp_path}"]
    assert command(*words).code == 0
    stored = Store(tmp_path).runs()
    result = command(*words, "dataset.n_train=3500,1000000", "keep=weights", "-m")
    assert (result.code, "dataset.n_train" in result.err) == (2, True)
    assert Store(tmp_path).runs().equals(stored)


def test_every_run_of_a_suite(command, tmp_path):
    assert command("bench", *SMOKE, f"out={tmp_path}", "keep=weights").code == 0
    store = Store(tmp_path)
    runs = store.runs().filter(~pl.col("config").str.contains('"anchor"'))["run"]
    assert len(runs) > 2
    assert all(store.model(run).is_dir() for run in runs)


@pytest.mark.parametrize("words", [WORDS, ["bench", "suite=smoke"]], ids=["run", "bench"])
def test_other_names_are_refused(command, tmp_path, words):
    for keep, given in (("[weight]", "['weight']"), ("5", "5"), ("yes", "'yes'")):
        result = command(*words, f"out={tmp_path / 'out'}", f"keep={keep}")
        assert (result.code, result.err) == (2, f"sharegap: keep must be weights or predictions, got {given}\n")
