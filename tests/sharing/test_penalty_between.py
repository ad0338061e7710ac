"""The penalty between modules is that between what they compute with."""

import copy
import re

import pytest
import torch
from torch import nn
from torch.nn.utils import prune
from torch.nn.utils.parametrizations import orthogonal, spectral_norm, weight_norm

from sharegap.errors import UserError
from sharegap.sharing import penalty_between, share


def pair():
    return nn.Linear(3, 4), nn.Linear(3, 4)


def test_sums_over_parameters():
    one, two = nn.Linear(3, 2), nn.Linear(3, 2)
    penalty = penalty_between([one, two])
    expected = sum(((p - q) ** 2).sum() / 4 for p, q in zip(one.parameters(), two.parameters(), strict=True))
    assert penalty.item() == pytest.approx(expected.item())
    penalty.backward()
    assert torch.allclose(one.weight.grad, (one.weight - two.weight).detach() / 2)
    assert torch.allclose(one.bias.grad, -two.bias.grad)


def test_copies_of_share_are_compared():
    """Blocks whose attention is shared softly differ in it still."""
    blocks = nn.ModuleList(nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)) for _ in range(2))
    before = penalty_between(blocks).item()
    share(blocks, {"first": "*.0"}, strength=3)
    assert penalty_between(blocks).item() == pytest.approx(before, rel=1e-4)


def test_equal_modules_is_zero():
    one, two, three = (nn.GRU(3, 2) for _ in range(3))
    two.load_state_dict(one.state_dict())
    three.load_state_dict(one.state_dict())
    assert penalty_between([one, two, three], "group").item() < 1e-6  # the mean of equal numbers is rounded


@pytest.mark.parametrize("other", [nn.Linear(4, 2), nn.Linear(3, 2, bias=False), nn.Conv1d(3, 2, 1)])
def test_refuses_other_structures(other):
    with pytest.raises(UserError, match=r"modules must agree in .* got other .*(weight|bias)"):
        penalty_between([nn.Linear(3, 2), other])


def test_containers_and_tensors_are_taken():
    one, two = pair()
    expected = penalty_between([one, two]).item()
    parameters = [list(module.parameters()) for module in (one, two)]
    named = [dict(module.named_parameters()) for module in (one, two)]
    for members in (
        (one, two),
        {"a": one, "b": two},
        nn.ModuleDict({"a": one, "b": two}),
        nn.ModuleList([one, two]),
        iter([one, two]),
        parameters,
        named,
        [module.parameters() for module in (one, two)],
        [[nn.ReLU(), {"inner": module}] for module in (one, two)],
    ):
        assert penalty_between(members).item() == pytest.approx(expected)
    parts = penalty_between([one.weight, two.weight]) + penalty_between({"a": one.bias, "b": two.bias})
    assert parts.item() == pytest.approx(expected)


def test_wrappers_are_looked_through():
    one, two = nn.Sequential(*pair()), nn.Sequential(*pair())
    expected = penalty_between([one, two])
    assert penalty_between([one, nn.DataParallel(two)]) == expected
    two[1] = nn.DataParallel(nn.DataParallel(two[1]))
    assert penalty_between([one, two]) == expected


def old_spectral_norm(module):
    return torch.nn.utils.spectral_norm(module)


def old_weight_norm(module):
    return torch.nn.utils.weight_norm(module)


NORMS = [weight_norm, spectral_norm, orthogonal, old_weight_norm, old_spectral_norm]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated:FutureWarning")
def test_norms_are_compared_by_their_weights(norm):
    """Also when the optimizer moved what the weights are computed from, and before the next forward pass."""
    torch.manual_seed(0)
    normed, plain = norm(nn.Linear(3, 4)), nn.Linear(3, 4)
    x = torch.randn(2, 3)
    optimizer = torch.optim.SGD(normed.parameters(), lr=0.5)
    normed(x).square().sum().backward()
    optimizer.step()
    state = copy.deepcopy(normed.state_dict())
    penalty = penalty_between([normed, plain])
    assert all(torch.equal(value, state[name]) for name, value in normed.state_dict().items())
    normed.eval()
    normed(x)
    penalty_by_hand = ((normed.weight - plain.weight) ** 2).sum() / 4 + ((normed.bias - plain.bias) ** 2).sum() / 4
    assert penalty.item() == pytest.approx(penalty_by_hand.item())
    # The optimizer can move all that the weight is made from.
    optimizer.zero_grad()
    penalty.backward()
    assert all(parameter.grad is not None for parameter in normed.parameters())


def test_lengths_that_cancel_are_no_distance():
    one = nn.Linear(3, 4)
    two = weight_norm(copy.deepcopy(one))
    with torch.no_grad():
        two.parametrizations.weight.original1.mul_(10)
    assert penalty_between([weight_norm(one), two]).item() == pytest.approx(0, abs=1e-10)


def test_pruned_weights_are_compared_as_zeros():
    one = nn.Linear(3, 4)
    two = copy.deepcopy(one)
    prune.l1_unstructured(two, "weight", 0.5)
    by_hand = ((one.weight - two.weight) ** 2).sum() / 4
    assert penalty_between([one, two]).item() == pytest.approx(by_hand.item())


def test_parameters_used_twice_count_once():
    one, two = (nn.Sequential(layer, layer) for layer in pair())
    assert penalty_between([one, two]) == penalty_between([one[0], two[0]])
    for model in (one, two):
        model.append(nn.Linear(3, 4))
        model[2].weight = model[0].weight
    assert penalty_between([one, two]) == penalty_between([one[0], two[0]]) + penalty_between(
        [one[2].bias, two[2].bias]
    )


def test_buffers_are_left_out():
    one, two = nn.BatchNorm1d(3), nn.BatchNorm1d(3)
    one(torch.randn(5, 3))
    assert penalty_between([one, two]) == 0


def test_half_beside_single_is_in_single():
    one, two = pair()
    penalty = penalty_between([one.half(), two])
    assert penalty.dtype == torch.float32
    assert penalty.item() == pytest.approx(penalty_between([copy.deepcopy(one).float(), two]).item())
    with torch.autocast("cpu", torch.bfloat16):
        assert penalty_between([one, two]) == penalty


LAYER = nn.Linear(3, 4)
REFUSED = {
    "no list": (LAYER, "modules must be a list or dict of modules or tensors, got Linear"),
    "a tensor": (LAYER.weight, "modules must be a list or dict of modules or tensors, got Parameter"),
    "none": ([], "modules must be at least two to be compared, got 0"),
    "one": ([LAYER], "modules must be at least two to be compared, got 1"),
    "without parameters": ([nn.ReLU(), nn.ReLU()], "modules must have parameters to be compared, got ReLU without"),
    "numbers": ([1, 2], "modules must be modules or tensors, got 1"),
    "names": (["encoder", "decoder"], "modules must be modules or tensors, got 'encoder'"),
    "twice": (
        [LAYER, nn.Linear(3, 4), nn.DataParallel(LAYER)],
        "modules must differ in at least one parameter, got the same",
    ),
    "lazy": ([nn.LazyLinear(3), nn.LazyLinear(3)], "modules must have initialized parameters, got a lazy weight"),
    "integers": ([torch.arange(3), torch.arange(3)], "modules must have parameters of real numbers, got tensor of"),
    "other sizes": ([torch.ones(3), torch.ones(4)], "modules must agree in the names and shapes .* got other tensor"),
    "devices": ([LAYER, nn.Linear(3, 4, device="meta")], "modules must be on one device, got weight on cpu and meta"),
}


@pytest.mark.parametrize(("modules", "sentence"), REFUSED.values(), ids=REFUSED)
def test_refuses(modules, sentence):
    with pytest.raises(UserError, match=f"^{sentence}"):
        penalty_between(modules)


def test_the_same_norm_twice_is_refused():
    module = weight_norm(nn.Linear(3, 4))
    with pytest.raises(UserError, match=re.escape("got the same module or tensor twice")):
        penalty_between([module, module])
