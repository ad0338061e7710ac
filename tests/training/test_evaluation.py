import math

import pytest
import torch

from sharegap.data.dataset import Dataset
from sharegap.tasks import (
    ClassificationTask,
    LanguageModelingTask,
    MultitaskClassificationTask,
    ReconstructionTask,
    VerificationTask,
)
from sharegap.training.evaluation import Evaluation

CPU = torch.device("cpu")


def dataset(**options):
    nothing = torch.zeros(1, 6)
    return Dataset(nothing, nothing, nothing, nothing, **{"classes": 4, **options})


TASKS = {
    "classification": (ClassificationTask(dataset()), (4,), ()),
    "multitask": (MultitaskClassificationTask(dataset(tasks=("a", "b", "c"))), (3, 4), (3,)),
    "language": (LanguageModelingTask(dataset(entropy=0.5)), (4,), ()),
    "reconstruction": (ReconstructionTask(dataset(classes=0)), (6,), None),
    "verification": (VerificationTask(dataset(classes=2)), (2, 5), ()),
}
every_task = pytest.mark.parametrize("name", TASKS)


def drawn(name, runs, samples, seed=0):
    """The task, and outputs and targets (runs, samples, ...)."""
    task, outputs, targets = TASKS[name]
    generator = torch.Generator().manual_seed(seed)
    predicted = torch.randn(runs, samples, *outputs, generator=generator)
    if targets is None:
        return task, predicted, torch.randn(runs, samples, *outputs, generator=generator)
    return task, predicted, torch.randint(2, (runs, samples, *targets), generator=generator)


@every_task
def test_metrics_are_per_run_over_all_batches(name):
    task, outputs, targets = drawn(name, runs=3, samples=50)
    evaluation = Evaluation(task, ["train"], 3, CPU, extra_metrics=True)
    for batch in (slice(0, 37), slice(37, 50)):
        evaluation.update("train", outputs[:, batch], targets[:, batch])
    got = evaluation.compute()
    assert {metric for _, metric in got} == {"score", "loss", *task.extra_metrics()}
    for run in range(3):
        single = Evaluation(task, ["train"], 1, CPU, extra_metrics=True)
        single.update("train", outputs[run : run + 1], targets[run : run + 1])
        for key, value in single.compute().items():
            torch.testing.assert_close(got[key][run : run + 1], value)
        expected = task.loss(outputs[run], targets[run]).mean()
        torch.testing.assert_close(got["train", "loss"][run], expected.double(), rtol=1e-6, atol=1e-6)
    assert len(got["train", "loss"].unique()) == 3


@every_task
def test_splits_are_separate_and_reset_forgets(name):
    evaluation = Evaluation(TASKS[name][0], ["train", "validation"], 2, CPU)
    for _ in range(2):
        for seed, split in enumerate(evaluation.metrics):
            evaluation.update(split, *drawn(name, runs=2, samples=30, seed=seed)[1:])
        got = evaluation.compute()
        for seed, split in enumerate(evaluation.metrics):
            task, outputs, targets = drawn(name, runs=2, samples=30, seed=seed)
            expected = task.loss(outputs.flatten(0, 1), targets.flatten(0, 1)).view(2, -1).mean(1)
            torch.testing.assert_close(got[split, "loss"], expected.double(), rtol=1e-5, atol=1e-5)
        evaluation.reset()


@every_task
def test_extra_metrics_are_optional(name):
    plain = Evaluation(TASKS[name][0], ["train"], 2, CPU)
    assert set(plain.metrics["train"]) == {"score", "loss"}


@every_task
def test_nan_stays_in_its_run(name):
    task, outputs, targets = drawn(name, runs=2, samples=30)
    spoilt = outputs.clone()
    spoilt[0] = math.nan
    results = []
    for predicted in (outputs, spoilt):
        evaluation = Evaluation(task, ["train", "validation"], 2, CPU)
        for split in ("train", "validation"):
            evaluation.update(split, predicted, targets)
        results.append(evaluation.compute())
    for key, value in results[1].items():
        assert torch.equal(value[1], results[0][key][1])
    assert results[1]["train", "loss"].isfinite().tolist() == [False, True]


@every_task
def test_knows_its_direction(name):
    """Good outputs must have the better score and the lower loss."""
    task, outputs, targets = drawn(name, runs=1, samples=40)
    if name == "reconstruction":
        good = targets + 0.1 * outputs
    elif name == "verification":
        good = torch.stack([torch.zeros(1, 40, 5), (1 - targets).unsqueeze(-1) * torch.ones(5)], 2)
    else:
        good = torch.nn.functional.one_hot(targets, 4) * 5.0
    evaluation = Evaluation(task, ["train", "test"], 1, CPU)
    evaluation.update("train", good, targets)
    evaluation.update("test", outputs, targets)
    got = evaluation.compute()
    assert got["train", "loss"] < got["test", "loss"]
    assert (got["train", "score"] > got["test", "score"]) == task.higher_is_better
    assert task.higher_is_better == (name != "language")
