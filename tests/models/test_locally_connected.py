import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.metrics import unique_parameters
from sharegap.models import LocalNet, NetworkSpec
from sharegap.sharing import Hard, Independent
from tests.helpers import make_run
from tests.models.compare import assert_same, outputs_on_own_inputs


def published_cnn():
    """The CNN of the MNIST-1D paper, in plain PyTorch."""
    return nn.Sequential(
        nn.Conv1d(1, 25, 5, stride=2, padding=1), nn.ReLU(),
        nn.Conv1d(25, 25, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv1d(25, 25, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(125, 10),
    )  # fmt: skip


def test_hard_local1d_is_the_published_cnn():
    ours = build_objective(make_run("sharing=hard")).network
    assert unique_parameters(ours) == 5210
    assert_same(ours, published_cnn(), torch.randn(8, 1, 40))


def test_no_layers_is_the_published_linear_model():
    for sharing in ("hard", "independent"):
        ours = build_objective(make_run(f"sharing={sharing}", "model.network.layers=[]")).network
        assert unique_parameters(ours) == 410
        assert_same(ours, nn.Sequential(nn.Flatten(), nn.Linear(40, 10)), torch.randn(8, 1, 40))


def test_unshared_has_a_filter_per_position():
    positions, per_filter = (19, 10, 5), (25 * 5 + 25, 25 * 75 + 25, 25 * 75 + 25)
    expected = sum(p * f for p, f in zip(positions, per_filter, strict=True)) + 1260
    for sharing in ("independent", "soft"):
        assert unique_parameters(build_objective(make_run(f"sharing={sharing}")).network) == expected


def test_hard_local2d_is_a_cnn_on_images():
    ours = build_objective(make_run("dataset=digits", "model=local2d", "sharing=hard")).network
    theirs = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
        nn.Conv2d(16, 16, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(256, 10),
    )  # fmt: skip
    assert_same(ours, theirs, torch.randn(4, 1, 8, 8))


def test_representations_are_of_the_last_filters():
    options = {"channels": 4, "layers": [(3, 2), (3, 1)], "padding": 1, "dims": 1}
    network, x = LocalNet(NetworkSpec((2, 9), (3,), Independent), **options), torch.randn(6, 2, 9)
    outputs = outputs_on_own_inputs(network.representations(x))
    torch.testing.assert_close(outputs.mT, network.layers(x))
    hard = LocalNet(NetworkSpec((2, 9), (3,), Hard), **options)
    torch.testing.assert_close(outputs_on_own_inputs(hard.representations(x)).mT, hard.layers(x))


def test_more_channels_are_dense_layers():
    """The network of Ott et al. 2020 on MNIST, narrower."""
    options = {"channels": [4, 8, 6, 16, 12], "layers": [(3, 2), (3, 2), (3, 1)], "padding": 0, "dims": 2}
    ours = LocalNet(NetworkSpec((1, 28, 28), (10,), Hard), **options)
    theirs = nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2), nn.ReLU(),
        nn.Conv2d(4, 8, 3, stride=2), nn.ReLU(),
        nn.Conv2d(8, 6, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(6 * 4 * 4, 16), nn.ReLU(), nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 10),
    )  # fmt: skip
    assert_same(ours, theirs, torch.randn(4, 1, 28, 28))


def test_dense_layers_alone_are_a_perceptron():
    options = {"channels": [7], "layers": [], "padding": 0, "dims": 2}
    ours = LocalNet(NetworkSpec((3, 4, 4), (10,), Hard), **options)
    assert_same(
        ours, nn.Sequential(nn.Flatten(), nn.Linear(48, 7), nn.ReLU(), nn.Linear(7, 10)), torch.randn(4, 3, 4, 4)
    )


def test_hidden_layers_follow_dense_layers_too():
    options = {"channels": [4, 3, 5], "layers": [(3, 2), (3, 1)], "padding": 1, "dims": 1}
    network = LocalNet(NetworkSpec((2, 9), (3,), Hard, nn.Dropout), **options)
    assert sum(isinstance(module, nn.Dropout) for module in network.modules()) == 3


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("channels=[4,8]", r"model\.network\.channels must have one number for each of 3 layers, got 2"),
        ("channels=[4,8,0]", r"model\.network\.channels must be an integer >= 1, got 0"),
    ],
)
def test_refuses_sizes_that_make_no_network(option, sentence):
    with pytest.raises(UserError, match=sentence):
        build_objective(make_run(f"model.network.{option}"))
