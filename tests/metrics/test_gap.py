import copy
import pickle

import pytest
import torch
from torchmetrics import MeanMetric, MetricCollection
from torchmetrics.classification import BinaryAccuracy, BinaryROC, MulticlassAccuracy
from torchmetrics.regression import MeanAbsoluteError, MeanSquaredError
from torchmetrics.wrappers import ClasswiseWrapper

from sharegap.errors import UserError
from sharegap.metrics import GeneralizationGap

RIGHT, TARGET = torch.tensor([1, 1, 0, 0]), torch.tensor([1, 1, 0, 0])
HALF_RIGHT = torch.tensor([1, 0, 1, 0])


def measured(metric=None, **options):
    gap = GeneralizationGap(BinaryAccuracy() if metric is None else metric, **options)
    gap.update(RIGHT, TARGET, split="train")
    gap.update(HALF_RIGHT, TARGET, split="test")
    return gap


def figures(gap):
    return {key: value.item() for key, value in gap.compute().items()}


@pytest.mark.parametrize("metric", [BinaryAccuracy(), MeanSquaredError(), MeanAbsoluteError()], ids=repr)
def test_gap_is_positive_if_train_is_better(metric):
    assert figures(measured(metric))["gap"] == 0.5


def test_each_split_agrees_with_the_metric():
    gap, alone = GeneralizationGap(MulticlassAccuracy(3)), MulticlassAccuracy(3)
    torch.manual_seed(0)
    for size in (5, 2):
        outputs, targets = torch.randn(size, 3), torch.randint(3, (size,))
        alone.update(outputs, targets)
        gap.update(outputs, targets, split="train")
        gap.update(outputs + 1, target=targets, split="test")
    assert gap.compute() == {"train": alone.compute(), "test": alone.compute(), "gap": 0}


def test_metric_without_a_direction_needs_one():
    with pytest.raises(UserError, match="higher_is_better must be True or False for MeanMetric, got None"):
        GeneralizationGap(MeanMetric())
    gap = GeneralizationGap(MeanMetric(), higher_is_better=False)
    gap.update(1.0, split="train")
    gap.update(3.0, split="test")
    assert figures(gap) == {"train": 1, "test": 3, "gap": 2}


def test_argument_overrides_the_direction():
    assert figures(measured(higher_is_better=False))["gap"] == -0.5


def test_refuses_what_is_no_metric():
    with pytest.raises(UserError, match="must be a torchmetrics metric, got a MetricCollection: give each metric"):
        GeneralizationGap(MetricCollection([BinaryAccuracy()]))


def test_refuses_another_split():
    with pytest.raises(UserError, match="there is no split 'tset': did you mean test"):
        GeneralizationGap(BinaryAccuracy()).update(RIGHT, TARGET, split="tset")


def test_tensors_and_dicts_keep_their_shape():
    per_class = MulticlassAccuracy(2, average=None)
    assert measured(per_class).compute()["gap"].tolist() == [0.5, 0.5]
    by_name = measured(ClasswiseWrapper(per_class, labels=["no", "yes"]), higher_is_better=True).compute()["gap"]
    assert by_name == {"multiclassaccuracy_no": 0.5, "multiclassaccuracy_yes": 0.5}


def test_refuses_what_has_no_difference():
    gap = GeneralizationGap(BinaryROC(), higher_is_better=True)
    for split in ("train", "test"):
        gap.update(torch.tensor([0.1, 0.8]), torch.tensor([0, 1]), split=split)
    with pytest.raises(UserError, match="the metric must compute tensors, or a dict of tensors, got a tuple"):
        gap.compute()


def test_leaves_the_metric_unchanged():
    mine = BinaryAccuracy()
    mine.update(HALF_RIGHT, TARGET)
    gap = measured(mine)
    assert figures(gap)["train"] == 1
    gap.reset()
    assert mine.compute() == 0.5


def test_reset_forgets_both_splits():
    gap = measured()
    gap.reset()
    gap.update(HALF_RIGHT, TARGET, split="train")
    gap.update(RIGHT, TARGET, split="test")
    assert figures(gap) == {"train": 0.5, "test": 1, "gap": -0.5}


def roundtrip(gap):
    return pickle.loads(pickle.dumps(gap))


@pytest.mark.parametrize("copied", [GeneralizationGap.clone, copy.deepcopy, roundtrip])
def test_copies_are_independent(copied):
    gap = measured()
    other = copied(gap)
    other.update(RIGHT, TARGET, split="test")
    assert figures(gap)["gap"] == 0.5
    assert figures(other)["gap"] == 0.25


def test_state_is_saved_if_persistent():
    gap, other = measured(), GeneralizationGap(BinaryAccuracy())
    assert not gap.state_dict()
    for metric in (gap, other):
        metric.persistent(True)
    other.load_state_dict(gap.state_dict())
    with pytest.warns(UserWarning, match="before the ``update``"):  # torchmetrics does not save the count of updates
        assert figures(other) == figures(gap)


def test_both_splits_move():
    gap = measured().to("meta")
    assert {metric.tp.device.type for metric in (gap.on_train, gap.on_test)} == {gap.device.type} == {"meta"}


def test_call_returns_the_metric_of_the_batch():
    gap = measured()
    assert gap(HALF_RIGHT, TARGET, split="train") == {"train": 0.5}
    assert figures(gap) == {"train": 0.75, "test": 0.5, "gap": 0.25}


def test_works_in_a_collection():
    gaps = {"accuracy": GeneralizationGap(BinaryAccuracy()), "error": GeneralizationGap(MeanSquaredError())}
    collection = MetricCollection({**gaps, "plain": BinaryAccuracy()}, prefix="my ")
    collection.update(RIGHT, TARGET, split="train")
    assert collection(HALF_RIGHT, TARGET, split="test")["my accuracy_test"] == 0.5
    result = collection.compute()
    assert result["my accuracy_gap"] == result["my error_gap"] == 0.5
    assert result["my plain"] == 0.75
    collection.reset()
    collection.update(preds=HALF_RIGHT, target=TARGET, split="train")
    collection.update(preds=RIGHT, target=TARGET, split="test")
    assert collection.compute()["my accuracy_gap"] == -0.5


def test_both_splits_are_reduced_over_processes():
    def gather(state, group=None):
        return [state, state + 2]  # what this process holds, and another

    gap = GeneralizationGap(MeanSquaredError(dist_sync_fn=gather, distributed_available_fn=lambda: True))
    gap.update(torch.tensor([1.0, 5.0]), torch.zeros(2), split="train")
    gap.update(torch.tensor([2.0, 2.0]), torch.zeros(2), split="test")
    assert figures(gap) == {"train": (26 + 28) / (2 + 4), "test": (8 + 10) / (2 + 4), "gap": -6}
    assert gap.on_train.sum_squared_error == 26
