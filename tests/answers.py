"""Tables whose right answer is known, and `sharegap choose` on them, in this process."""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from sharegap.results import Store
from tests.command_line import type_command

FEATURES = 5
SMALL = ("training.steps=150", "training.evaluations=5", "training.batch_size=32", "executor=inline", "minutes=1000")
NETWORK = ("model.network.width=16", "model.network.depth=3")
SEARCH = ("methods=[none,soft,l2]", "trials=3", "seeds=10")


def noise(seed: int) -> tuple[pl.DataFrame, list[str]]:
    """Classes that no input says anything of."""
    rng = np.random.default_rng(seed)
    return _frame(rng.normal(size=(150, FEATURES)), rng.choice(["a", "b"], 150)), [*NETWORK]


def linear(seed: int) -> tuple[pl.DataFrame, list[str]]:
    """A sum of the inputs and noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(150, FEATURES))
    return _frame(x, x @ rng.normal(size=FEATURES) + 0.5 * rng.normal(size=150)), [*NETWORK]


def related(seed: int) -> tuple[pl.DataFrame, list[str]]:
    """Tasks of few samples whose weights have much in common, and not all."""
    rng = np.random.default_rng(seed)
    task = np.repeat(np.arange(60), 12)
    x = rng.normal(size=(len(task), FEATURES))
    weights = np.array([3, -2, 2, 1, -1]) + rng.normal(size=(60, FEATURES))
    y = (x * weights[task]).sum(1) + 2 * rng.normal(size=len(task))
    return _frame(x, y).with_columns(task=task), ["dataset.task_column=task", "optimizer.lr=0.1", "training.steps=300"]


ANSWERS = {
    "noise": (noise, ("Nothing is learned from these inputs for sure: take none", "Nothing beats none for sure")),
    "linear": (linear, ("The linear model is as good: take it.",)),
    "related": (related, ("Take soft at strength",)),
}
"""By kind, what makes a table from a seed, and how the right answers begin."""


def _frame(x: np.ndarray, y: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(x, [f"x{index}" for index in range(x.shape[1])]).with_columns(y=y)


def choose(folder: Path, *options: str, target: str = "y") -> tuple[int, str, str]:
    """Type `sharegap choose` with options; its exit code, and what it says."""
    out, err = io.StringIO(), io.StringIO()
    words = ["choose", "dataset=table", f"dataset.targets=[{target}]", f"out={folder / 'choice'}", *options]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("COLUMNS", "200")
        code = type_command(patch, *words)
    return code, out.getvalue(), err.getvalue()


def answer(kind: str, seed: int, folder: Path) -> str:
    """Return the answer to a table of a kind."""
    make, _ = ANSWERS[kind]
    frame, options = make(seed)
    frame.write_csv(folder / "mine.csv")
    code, _, err = choose(folder, f"dataset.path={folder / 'mine.csv'}", *SMALL, *SEARCH, *options)
    assert code == 0, err
    return (folder / "choice" / "answer.txt").read_text()


def final_row(folder: Path) -> dict[str, Any]:
    """What is stored of the run whose model is left."""
    (run,) = [path.name for path in (folder / "models").iterdir()]
    return Store(folder).runs().row(by_predicate=pl.col("run") == run, named=True)


def stored_score(folder: Path) -> float:
    """The score of the test part that is stored of it."""
    measurements = final_row(folder)["measurements"]
    (score,) = [
        entry["value"]
        for entry in measurements
        if (entry["snapshot"], entry["split"], entry["metric"]) == ("final", "test", "score")
    ]
    return score
