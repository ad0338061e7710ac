"""Means of functions are weighted by what they count; references are the functions on the whole set."""

import copy
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchmetrics.functional import r2_score
from torchmetrics.functional.classification import multiclass_accuracy

from sharegap.errors import UserError
from sharegap.metrics.function_mean import FunctionMean, WeightedMean, num_samples
from sharegap.metrics.function_of_set import FunctionOfSet, direction_of, metric_of

torch.manual_seed(0)
OUTPUTS, TARGETS = torch.randn(7, 3), torch.randint(3, (7,))
PADDED = TARGETS.clone()
PADDED[2:5] = -100
TOKENS, TOKEN_TARGETS = torch.randn(5, 3, 4), torch.randint(3, (5, 4))
TOKEN_TARGETS[1:3] = -100
TOKEN_TARGETS[0, 1] = -100


def mean(function, outputs, targets, sizes=(3, 1, 1, 2)):
    """In batches of several sizes, among them some that are all padding."""
    metric = metric_of(function)
    for x, y in zip(outputs.split(list(sizes)), targets.split(list(sizes)), strict=True):
        metric.update(x, y)
    return metric.compute().item()


CLASS_WEIGHTS = torch.tensor([1.0, 2.0, 5.0])


@pytest.mark.parametrize(
    "function",
    [
        F.cross_entropy,
        nn.CrossEntropyLoss(),
        nn.CrossEntropyLoss(weight=CLASS_WEIGHTS),
        partial(F.cross_entropy, weight=CLASS_WEIGHTS),
        partial(F.cross_entropy, label_smoothing=0.1),
    ],
    ids=["function", "module", "weighted", "partial", "smoothed"],
)
@pytest.mark.parametrize("targets", [TARGETS, PADDED], ids=["full", "padded"])
def test_mean_is_that_of_the_whole_set(function, targets):
    assert mean(function, OUTPUTS, targets) == pytest.approx(function(OUTPUTS, targets).item())


def test_tokens_are_counted():
    expected = F.cross_entropy(TOKENS, TOKEN_TARGETS).item()
    each = partial(F.cross_entropy, reduction="none")
    total = nn.CrossEntropyLoss(reduction="sum")
    for function in (F.cross_entropy, each, lambda x, y: each(x, y), total):
        assert mean(function, TOKENS, TOKEN_TARGETS, (1, 2, 1, 1)) == pytest.approx(expected)


def test_ignore_index_of_the_function_counts():
    function = nn.CrossEntropyLoss(ignore_index=1)
    assert mean(function, OUTPUTS, TARGETS) == pytest.approx(function(OUTPUTS, TARGETS).item())


def test_value_that_looks_ignored_is_counted():
    """An integer target of −100 in a regression has a loss."""
    metric = FunctionMean(lambda x, y: (x - y).abs())
    metric.update(torch.zeros(2), torch.tensor([-100, 0]))
    assert metric.compute() == 50


def test_weights_of_samples_and_values():
    function = partial(F.mse_loss, reduction="none")
    x, y, weights = torch.randn(4, 2), torch.randn(4, 2), torch.tensor([0.0, 1.0, 2.0, 1.0])
    for given in (weights, weights[:, None].expand(4, 2)):
        metric = FunctionMean(function)
        metric.update(x, y, given)
        expected = (weights[:, None] * (x - y) ** 2).sum() / (2 * weights.sum())
        assert metric.compute().item() == pytest.approx(expected.item())
    with pytest.raises(UserError, match=r"one weight per sample, or one per value of the shape \(4, 2\), got \(3,\)"):
        FunctionMean(function).update(x, y, weights[:3])


def test_total_and_count():
    metric = FunctionMean(lambda x, y: ((x - y).sum(), len(x)))
    metric.update(torch.tensor([1.0, 3.0]), torch.zeros(2))
    metric.update(torch.tensor([5.0]), torch.zeros(1))
    assert metric.compute() == 3


def test_samples_where_targets_do_not_tell():
    def loss(outputs, targets):
        return outputs.mean()

    for targets in ({"a": torch.zeros(2)}, None, [], torch.zeros(2, 0), {}):
        metric = FunctionMean(loss)
        metric.update(torch.zeros(2, 4), targets)
        assert metric.count == 2
    assert num_samples("text") == 0


def test_module_is_never_copied():
    criterion = nn.Linear(1, 1)
    for function in (criterion, criterion.forward):
        metric = copy.deepcopy(FunctionMean(function))
        assert metric.reference.function is function
        assert not list(metric.parameters())


def test_function_of_a_set_is_no_mean_of_batches():
    x = torch.randn(6)
    y = x + torch.tensor([0.1, 0.3, -0.2, 0.0, 0.4, -0.1])
    assert mean(r2_score, x, y, (2, 2, 2)) == pytest.approx(r2_score(x, y).item())
    macro = partial(multiclass_accuracy, num_classes=3)
    assert isinstance(metric_of(macro), FunctionOfSet)
    assert mean(macro, OUTPUTS, TARGETS) == pytest.approx(macro(OUTPUTS, TARGETS).item())


@pytest.mark.parametrize(
    ("function", "direction"),
    [(F.mse_loss, False), (nn.L1Loss(), False), (partial(F.kl_div, log_target=True), False), (r2_score, None)],
)
def test_direction_is_known_of_losses(function, direction):
    assert direction_of(function) is direction
    assert direction_of(lambda outputs, targets: 0) is None
    assert direction_of(F.cosine_similarity) is None


def test_empty_batches_add_nothing():
    metric = WeightedMean()
    metric.update(torch.nan, 0)
    metric.update(3.0, 2)
    assert metric.compute() == 1.5
