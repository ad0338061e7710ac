"""The program that measures the default suite as it is run."""

import re
from tempfile import TemporaryDirectory

import pytest
from torch.optim.optimizer import register_optimizer_step_post_hook

from benchmarks.suite_speed import main
from benchmarks.suite_timing import METHODS, WAYS, Cell, Round, suite_options
from benchmarks.ways import SPLITS, BareLoop, Idiomatic, Loaders, make_trainer
from sharegap.execute.build import build_data
from sharegap.plan.configs import compose_config
from sharegap.testing.sites import example_dataset
from tests.helpers import make_run

TINY = ("--rounds=1", "--seeds=2", "--trials=1", "--length=0.1")


def test_program_prints_both_tables(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    # Several threads would wait for each other beside other tests.
    for name in ("OMP_NUM_THREADS", "LOKY_MAX_CPU_COUNT"):
        monkeypatch.setenv(name, "1")
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


@pytest.mark.parametrize("method", ["none", "soft"])
def test_ways_reach_the_same_figures(method, trained):
    """Where every batch holds all samples, the order of these matters to no way."""
    steps = ["training.steps=40", "training.evaluations=2", "training.batch_size=1200", "dataset.n_train=1200"]
    run = make_run("dataset=related_tasks", "model=per_task", f"method={method}", *steps)
    _, (row,) = trained(run)
    loop, module, loaders = BareLoop(run), Idiomatic(run, SPLITS), Loaders(build_data([run]))
    loop.train()
    with TemporaryDirectory() as folder:
        trainer = make_trainer(run, 20, folder)
        trainer.fit(module, loaders.train(), loaders.evaluation(SPLITS))
        tested = trainer.test(module, loaders.test(SPLITS), verbose=False)
    figures = {name: figure for part in tested for name, figure in part.items()}
    for split, (loss, score) in zip(SPLITS, loop.test(), strict=True):
        assert loss == pytest.approx(figures[f"{split}/loss"], rel=1e-4)
        assert score == pytest.approx(figures[f"{split}/score"], rel=1e-4)
        assert score == pytest.approx(row[f"final_{split}_score"], rel=1e-4)


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


def test_sample_keeps_the_interval():
    """Two of twenty evaluations of 500 steps are left; other studies are left out."""
    studies = {"related_tasks": ["dataset=related_tasks", "model=per_task"]}
    options = suite_options(studies, ["none"], seeds=2, trials=1, length=0.1)
    suite = compose_config(options, "bench").suite
    assert (list(suite.studies), list(suite.methods), suite.seeds, suite.trials) == (["related_tasks"], ["none"], 2, 1)
    training = compose_config(list(suite.studies.related_tasks)).training
    assert (training.steps, training.evaluations) == (50, 2)


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
