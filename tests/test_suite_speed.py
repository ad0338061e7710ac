"""The program that measures the default suite as it is run."""

import re

import pytest
from torch.optim.optimizer import register_optimizer_step_post_hook

from benchmarks.suite_speed import main
from benchmarks.suite_timing import METHODS, WAYS, Cell, Round
from sharegap.testing.sites import example_dataset
from tests.helpers import make_run

TINY = ("--rounds=1", "--seeds=2", "--trials=1", "--steps=20")


def test_program_prints_both_tables(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    main([*TINY, "--studies", "related_tasks", "--methods", "none", "ensemble"])
    shown = capsys.readouterr().out
    rows = dict(re.findall(r"^related_tasks (\w+) +(\d+ .*)$", shown, re.MULTILINE))
    assert set(rows) == {"none", "ensemble"}
    for row in rows.values():
        runs, *figures = map(float, row.split())
        assert runs == 2
        assert len(figures) == 6
        assert min(figures) > 0
    assert "4 runs" in shown
    assert re.search(r"^Lightning, one process.* \d+\.\d\d$", shown, re.MULTILINE)


@pytest.mark.parametrize("method", METHODS)
def test_ways_take_the_same_steps(method):
    """All ways take the steps of a run; those of an ensemble's members are runs of their own under Lightning."""
    steps = ["training.steps=4", "training.evaluations=2", "training.batch_size=20"]
    run = make_run(f"dataset={example_dataset('multitask')}", "model=multitask", f"method={method}", *steps)
    taken = {}
    for name, way in WAYS.items():
        taken[name] = []
        hook = register_optimizer_step_post_hook(lambda *_, steps=taken[name]: steps.append(1))
        assert way([run]) > 0
        hook.remove()
    assert [len(steps) for steps in taken.values()] == [4, 4, 4]


def test_totals_by_hand():
    """Two cells of 10 and 2 runs, which take 3 s and 5 s each in a bare loop."""
    cells = [
        Cell("a", "none", count=10, fleet=[], train_seconds=9),
        Cell("a", "hard", count=2, fleet=[], train_seconds=9),
    ]
    seconds = {("sharegap", 1): [1.5, 1.0], ("bare loop", 1): [3.0, 5.0]}
    measured = Round(suite=8, imports={"bare loop": 4}, cells=cells, seconds=seconds)
    assert measured.total("bare loop", threads=1, processes=1) == 4 + 40
    assert measured.total("bare loop", threads=1, processes=2) == 4 + 20
    assert measured.ratios("bare loop") == [2, 5]
