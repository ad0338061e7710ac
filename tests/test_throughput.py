"""The three ways to train that are compared for speed do the same work, for every model."""

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from benchmarks.throughput import MODELS, bare_seconds, fleet_seconds, lightning_seconds, step_flops
from benchmarks.ways import bare_evaluation
from sharegap.execute.build import build_data, build_objective
from sharegap.testing.sites import example_dataset
from sharegap.training.evaluation import Evaluation
from tests.helpers import make_run

each_model = pytest.mark.parametrize("model", MODELS)


def small_run(model):
    steps = ["training.steps=4", "training.evaluations=2", "training.batch_size=20"]
    return make_run(f"dataset={example_dataset(model)}", f"model={model}", "sharing=hard", *steps)


@each_model
def test_ways_take_the_same_steps(model):
    """All ways take the same steps of the same optimizer."""
    run, taken = small_run(model), {}
    for name, runner in {
        "fleet": lambda r: fleet_seconds([r]),
        "bare": bare_seconds,
        "lightning": lightning_seconds,
    }.items():
        taken[name] = steps = []
        hook = register_optimizer_step_post_hook(lambda optimizer, *_, steps=steps: steps.append(str(optimizer)))
        assert runner(run) > 0
        hook.remove()
    assert len(taken["fleet"]) == 4
    assert taken["fleet"] == taken["bare"] == taken["lightning"]
    assert step_flops(run) > 0


@each_model
def test_bare_loop_measures_as_a_fleet(model):
    """The bare loop measures what a fleet measures."""
    run = small_run(model)
    data, objective = build_data([run]), build_objective(run)
    indices = {"train": data.train_indices[0], "validation": data.validation_indices[0]}
    parts = {part: (data.dataset.x[i], data.dataset.y[i]) for part, i in indices.items()}
    evaluation = Evaluation(objective.task, list(parts), 1, torch.device("cpu"))
    with torch.no_grad():
        for part, (x, y) in parts.items():
            evaluation.update(part, objective(x).unsqueeze(0), y.unsqueeze(0))
    expected = {name: float(value) for name, value in evaluation.compute().items()}
    measured = bare_evaluation(objective, list(parts.values()))
    for part, (loss, score) in zip(parts, measured, strict=True):
        assert loss == pytest.approx(expected[part, "loss"], rel=1e-4)
        assert score == pytest.approx(expected[part, "score"], rel=1e-4)
