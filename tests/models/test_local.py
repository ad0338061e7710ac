import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.runs.build import build_learner
from tests.helpers import make_run


def published_cnn():
    """The CNN of the MNIST-1D paper, in plain PyTorch."""
    return nn.Sequential(
        nn.Conv1d(1, 25, 5, stride=2, padding=1), nn.ReLU(),
        nn.Conv1d(25, 25, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv1d(25, 25, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(125, 10),
    )  # fmt: skip


def test_hard_local1d_is_the_published_cnn():
    ours, theirs = build_learner(make_run("sharing=hard")).network, published_cnn()
    assert unique_parameters(ours) == unique_parameters(theirs) == 5210
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        other.data.copy_(mine.data)
    x = torch.randn(8, 1, 40)
    torch.testing.assert_close(ours(x), theirs(x))


def test_unshared_networks_have_a_filter_per_position():
    positions, per_filter = (19, 10, 5), (25 * 5 + 25, 25 * 75 + 25, 25 * 75 + 25)
    expected = sum(p * f for p, f in zip(positions, per_filter, strict=True)) + 1260
    for sharing in ("independent", "soft"):
        assert unique_parameters(build_learner(make_run(f"sharing={sharing}")).network) == expected


def test_local2d_takes_images():
    learner = build_learner(make_run("dataset=digits", "model=local2d"))
    assert learner(torch.randn(4, 1, 8, 8)).shape == (4, 10)


def test_refuses_data_of_other_dimensions():
    with pytest.raises(Exception, match="choose model=local1d for sequences"):
        build_learner(make_run("dataset=digits", "model=local1d"))
    assert issubclass(UserError, ValueError)
