"""A small made-up suite, as a study's runs leave it in the store."""

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from sharegap import leaderboard
from sharegap.leaderboard.report import Report
from sharegap.results import PLAN, Store, SuiteFacts
from sharegap.results.wide import MEASUREMENTS
from tests.rows import config_of, facts_of, stored

SETTINGS = ("dataset", "model", "n_train", "strength", "learning_rate")
PUBLISHED = {
    "published": "test_score",
    "published_train_score": "train_score",
    "published_tolerance": "tolerance",
    "published_outperforms": "outperforms",
    "published_source": "source",
}
Methods = Mapping[str, tuple[float, float, list[float | None]]]  # test score, gap, strengths: the first is the best
TUNING_SEEDS = 2
METHODS: Methods = {
    "none": (0.80, 0.20, [None]),
    "hard": (0.90, 0.10, [None]),
    "soft": (0.85, 0.14, [0.01, 0.1, 1.0]),
    "l2": (0.60, 0.01, [1e-4, 1e-3, 1e-2]),  # underfits: the smallest gap, the worst score
    "early_stopping": (0.81, 0.15, [20.0, 10.0, 5.0]),
}


class Suite:
    """A plan and its runs as rows that a test may change; `store` writes both as the program would.

    A method with several strengths tries each on TUNING_SEEDS seeds, and is measured at the first.
    """

    def __init__(self, *, studies: Sequence[str] = ("mnist1d",), seeds: int = 4, methods: Methods = METHODS) -> None:
        random = np.random.default_rng(0)
        self.plan: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.anchors: dict[str, dict[str, list[str]]] = {}
        self.negative_controls: list[str] = []
        for study in studies:
            for method, (score, gap, strengths) in methods.items():
                trials = list(enumerate(strengths)) if len(strengths) > 1 else []
                rows = [("tune", *trial, seed) for trial in trials for seed in range(TUNING_SEEDS)]
                rows += [("measure", 0, strengths[0], seed) for seed in range(seeds)]
                for phase, index, strength, seed in rows:
                    run = f"{len(self.runs):016x}"
                    self.plan.append(_planned(run, study, method, strength, index, seed) | {"phase": phase})
                    self.runs.append(_run(run, method, score - 0.01 * index, gap, random))

    def of(self, method: str, phase: str = "") -> list[dict[str, Any]]:
        """The runs of a method, in one phase or in both."""
        ids = {row["run"] for row in self.plan if row["method"] == method and phase in ("", row["phase"])}
        return [run for run in self.runs if run["run"] in ids]

    def of_study(self, study: str) -> list[dict[str, Any]]:
        """The runs of a study."""
        ids = {row["run"] for row in self.plan if row["study"] == study}
        ids |= set(chain(*self.anchors.get(study, {}).values()))
        return [run for run in self.runs if run["run"] in ids]

    def drop(self, study: str, *methods: str) -> None:
        """Plans the study without these methods."""
        self.plan = [row for row in self.plan if row["study"] != study or row["method"] not in methods]

    def anchor(self, name: str, score: float) -> None:
        """Measures an anchor in each study, on two seeds."""
        random = np.random.default_rng(0)
        for study in dict.fromkeys(row["study"] for row in self.plan):
            ids = [f"{name}-{study}-{seed}" for seed in range(2)]
            self.anchors.setdefault(study, {})[name] = ids
            self.runs += [_run(run, name, score, 0.1, random) for run in ids]

    def turn(self, study: str) -> None:
        """Makes the study's scores perplexities: the same methods are better, and less is."""
        for run in self.of_study(study):
            run.update(score_name="perplexity", higher_is_better=False)
            for name in [name for name in run if name.endswith("_score")]:
                value = run[name]
                run[name] = [50 * (1.1 - x) for x in value] if isinstance(value, list) else 50 * (1.1 - value)

    def store(self, folder: Path, suite: str = "made_up") -> Store:
        """The store in `folder`, with the plan and the runs in it."""
        store = Store(folder)
        labels = [{name: row.get(name) for name in PLAN} | {"suite": suite} for row in self.plan]
        with store.lock():
            store.write_plan(pl.DataFrame(labels, schema=PLAN), self._facts(suite))
            store.append("fleet", self._stored_runs())
        return store

    def _stored_runs(self) -> list[dict[str, Any]]:
        """The runs with what the plan's rows say of their settings in their configs."""
        settings = {row["run"]: {name: row[name] for name in SETTINGS if name in row} for row in self.plan}
        runs = []
        for run in self.runs:
            config = config_of(**settings.get(run["run"], {})) | json.loads(run["config"])
            runs.append(stored(run | {"config": json.dumps(config)}))
        return runs

    def _facts(self, suite: str) -> SuiteFacts:
        """What the plan's rows say of the suite: what is published, and how many settings are tried."""
        published: dict[str, Any] = {}
        deviations: dict[str, str] = {}
        for row in self.plan:
            if row.get("published_deviations"):
                deviations[row["study"]] = row["published_deviations"]
            entries = {fact: row[name] for name, fact in PUBLISHED.items() if row.get(name) is not None}
            if entries:
                published.setdefault(row["study"], {})[row["method"]] = entries
        trials = 1 + max(row["trial"] for row in self.plan)
        methods = dict.fromkeys(row["method"] for row in self.plan)
        facts = {"published": published, "deviations": deviations, "trials": trials}
        facts |= {"anchors": self.anchors, "negative_controls": self.negative_controls}
        return facts_of(suite, methods, **facts)


def _planned(run: str, study: str, method: str, strength: float | None, index: int, seed: int) -> dict[str, Any]:
    return {
        "study": study,
        "dataset": study,
        "model": "local1d",
        "n_train": 4000,
        "method": method,
        "strength": strength,
        "trial": index,
        "seed": seed,
        "at_edge": False,
        "run": run,
    }


def _run(run: str, method: str, score: float, gap: float, random: np.random.Generator) -> dict[str, Any]:
    def figures(snapshot: str) -> dict[str, float]:
        test = score + 0.005 * random.standard_normal()
        scores = {"train": test + gap, "validation": test + 0.001, "test": test}
        return {
            f"{snapshot}_{part}_{figure}": value if figure == "score" else 3 * (1.1 - value)
            for part, value in scores.items()
            for figure in ("score", "loss")
        }

    steps = [0, 50, 100, 200, 400][: 4 if method == "early_stopping" else 5]
    decay = [math.exp(-step / 100) for step in steps]
    snapshots = ("final", "best_val")
    return {
        "run": run,
        "config": "{}",
        "score_name": "accuracy",
        "higher_is_better": True,
        "scored_at": "best_val" if method == "early_stopping" else "final",
        "diverged": False,
        "final_test_samples": 1000,
        "unique_parameters": 5210 if method == "hard" else 43210,
        "train_seconds": 1.25,
        **{name: value for snapshot in snapshots for name, value in figures(snapshot).items()},
        **{f"{snapshot}_step": 400 for snapshot in snapshots},
        **{f"{snapshot}_relative_copy_distance": 0.5 for snapshot in snapshots},
        **{f"{snapshot}_cka": 0.6 for snapshot in snapshots},
        "extra_metrics": [],
        "curve_step": steps,
        "curve_train_loss": [2.3 * x for x in decay],
        "curve_validation_loss": [2.3 * x + 0.5 * (1 - x) for x in decay],
        "curve_test_loss": [2.3 * x + 0.6 * (1 - x) for x in decay],
        "curve_train_score": [1 - 0.9 * x for x in decay],
        "curve_validation_score": [0.9 - 0.8 * x for x in decay],
        "curve_test_score": [score - 0.8 * x for x in decay],
    }


@pytest.fixture(scope="session")
def make_suite() -> Callable[..., Suite]:
    """Makes a suite: `make_suite(studies=..., seeds=..., methods=...)`."""
    return Suite


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Suite], dict[str, str]]:
    """Writes a suite; the texts of its files by name."""

    def write_suite(suite: Suite) -> dict[str, str]:
        folder = tmp_path / "leaderboard"
        leaderboard.write(suite.store(tmp_path), "made_up", folder)
        return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}

    return write_suite


def written_texts(suite: Suite, tmp_path: Path, width: int) -> tuple[Report, dict[str, str]]:
    """Writes a suite; its report, and all texts by file and as `terminal`."""
    folder = tmp_path / "leaderboard"
    report = leaderboard.write(suite.store(tmp_path), "made_up", folder)
    screen = io.StringIO()
    leaderboard.show(report, Console(file=screen, width=width))
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    return report, texts | {"terminal": screen.getvalue()}


@pytest.fixture
def diverge() -> Callable[[dict[str, Any]], None]:
    """Makes a run one whose weights became NaN."""

    def change(run: dict[str, Any]) -> None:
        figures = [name for name in run if name in MEASUREMENTS and not name.endswith(("_step", "_samples"))]
        run.update(dict.fromkeys(figures, math.nan))
        run.update(diverged=True)
        run["curve_train_loss"] = [math.nan] * len(run["curve_step"])

    return change
