"""The rows that are stored of a trained fleet: labels, measurements and curves of each run."""

from typing import Any

import torch
from torch import Tensor

from sharegap.metrics import unique_parameters
from sharegap.training.fleet import Fleet
from sharegap.training.run_state import CURVE


def measure(fleet: Fleet) -> list[dict[str, Any]]:
    """Return one row per run of a trained and tested fleet, as `sharegap.results.schema.RUNS` names its columns.

    `run` and `config` are left to the caller, who knows what the runs are called. A snapshot that was never taken,
    for instance because there are no validation samples, has no measurements.
    """
    run_state, task = fleet.run_state, fleet.objectives.task
    runs = len(fleet.data.seeds)
    parameters = unique_parameters(fleet.objectives.network) // runs
    share = run_state.final_step / run_state.final_step.sum()
    measurements = _measurements(fleet)
    rows = []
    for run in range(runs):
        rows.append(
            {
                "score_name": task.score_name,
                "higher_is_better": task.higher_is_better,
                "scored_at": fleet.objectives.scored_at,
                "diverged": bool(run_state.diverged[run]),
                "unique_parameters": parameters,
                "train_seconds": float(run_state.seconds * share[run]),
                "measurements": measurements[run],
                "curve": _curve(fleet, run),
            }
        )
    return rows


def _measurements(fleet: Fleet) -> list[list[dict[str, Any]]]:
    """Return the measurements of each run at each of its snapshots."""
    run_state = fleet.run_state
    steps = {"final": run_state.final_step, "best_val": run_state.best_step}
    measurements: list[list[dict[str, Any]]] = [[] for _ in fleet.data.seeds]
    for snapshot, step in steps.items():
        values: dict[tuple[str | None, str], Tensor] = {
            (None, "step"): step,
            (None, "relative_copy_distance"): fleet.distances[snapshot],
            (None, "cka"): fleet.cka[snapshot],
        }
        for labels, value in fleet.evaluations[snapshot].compute().items():
            values[labels] = value
        if snapshot == "final":  # once: it is the same at all weights
            values["test", "samples"] = torch.full_like(step, len(fleet.data.dataset.y_test))
        if snapshot == fleet.objectives.scored_at:
            for size, evaluation in fleet.size_evaluations.items():
                values["test", f"score of {size} members"] = evaluation.compute()["test", "score"]
        for run, rows in enumerate(measurements):
            if step[run] < 0:  # never taken
                continue
            for (split, metric), value in values.items():
                row = {"snapshot": snapshot, "split": split, "metric": metric, "value": float(value[run])}
                rows.append(row)
    return measurements


def _curve(fleet: Fleet, run: int) -> list[dict[str, Any]]:
    """Return the points of the training curve of `run`, until it ended."""
    run_state = fleet.run_state
    points = []
    for evaluation, step in enumerate(run_state.curve_step.tolist()):
        if not 0 < step <= run_state.final_step[run]:
            continue
        for index, (split, metric) in enumerate(CURVE):
            value = float(run_state.curve[evaluation, run, index])
            points.append({"step": step, "split": split, "metric": metric, "value": value})
    return points
