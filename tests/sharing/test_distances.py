import numpy as np
import pytest
import torch
from torch import nn
from torch.autograd import gradcheck

from sharegap.errors import UserError
from sharegap.sharing import penalty_between
from sharegap.sharing.distances import DISTANCES, get_distance, smooth

REFERENCE = {
    "l2": lambda w, mean: ((w - mean) ** 2).sum() / 2,
    "l1": lambda w, mean: np.abs(w - mean).sum(),
    "group": lambda w, mean: sum(np.linalg.norm(copy - mean) for copy in w),
    "cosine": lambda w, mean: sum(1 - copy @ mean / np.linalg.norm(copy) / np.linalg.norm(mean) for copy in w),
}


@pytest.fixture
def weight():
    return torch.randn(5, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", DISTANCES)
def test_is_what_its_formula_says(name, weight):
    flat = weight.flatten(1).numpy()
    assert DISTANCES[name](weight).item() == pytest.approx(REFERENCE[name](flat, flat.mean(0)))


@pytest.mark.parametrize("name", DISTANCES)
def test_gradients_agree_with_finite_differences(name, weight):
    assert gradcheck(DISTANCES[name], weight.requires_grad_())


@pytest.mark.parametrize("name", DISTANCES)
def test_equal_copies_are_at_a_minimum_of_zero(name, weight):
    equal = weight[:1].expand(5, -1, -1).clone().requires_grad_()
    distance = DISTANCES[name](equal)
    distance.backward()
    assert distance.item() == pytest.approx(0, abs=1e-12)
    assert equal.grad.abs().max() < 1e-12


@pytest.mark.parametrize("name", DISTANCES)
def test_a_gradient_step_reduces_the_distance(name, weight):
    weight.requires_grad_()
    before = DISTANCES[name](weight)
    before.backward()
    with torch.no_grad():
        assert DISTANCES[name](weight - 0.01 * weight.grad) < before


def test_cosine_ignores_the_length_of_copies(weight):
    lengths = torch.arange(1.0, 6, dtype=torch.float64).view(-1, 1, 1)
    assert DISTANCES["cosine"](weight[:1] * lengths).item() == pytest.approx(0, abs=1e-12)


def distance_of_neighbours(on_grid):
    """½ Σ of squared differences over pairs of neighbours, `on_grid` (*grid, numbers), pair by pair."""
    grid = on_grid.shape[:-1]
    total = 0.0
    for index in np.ndindex(grid):
        for dim in range(len(grid)):
            other = tuple(at + (axis == dim) for axis, at in enumerate(index))
            if other[dim] < grid[dim]:
                total += ((on_grid[index] - on_grid[other]) ** 2).sum() / 2
    return total


GRIDS = [(12,), (3, 4), (2, 3, 2), (1, 12)]


@pytest.mark.parametrize("grid", GRIDS)
def test_smooth_sums_over_pairs_of_neighbours(grid):
    weight = torch.randn(12, 3, 2, dtype=torch.float64)
    expected = distance_of_neighbours(weight.numpy().reshape(*grid, 6))
    assert smooth(weight, grid).item() == pytest.approx(expected)


@pytest.mark.parametrize("grid", GRIDS)
def test_smooth_has_the_gradient_of_its_values(grid, weight):
    copies = torch.randn(12, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda copies: smooth(copies, grid), copies)
    constant = weight[:1].expand(12, -1, -1).clone().requires_grad_()
    distance = smooth(constant, grid)
    distance.backward()
    assert distance.item() == 0
    assert not constant.grad.any()


def test_smooth_ignores_copies_far_apart():
    gradual, jumping = torch.tensor([[0.0], [1.0], [2.0], [3.0]]), torch.tensor([[0.0], [3.0], [1.0], [2.0]])
    assert smooth(gradual, (4,)).item() == 1.5
    assert smooth(jumping, (4,)).item() == 7


def test_an_unknown_distance_has_near_misses():
    with pytest.raises(UserError, match="no distance 'cosin': did you mean cosine"):
        get_distance("cosin")


def test_penalty_between_sums_over_parameters():
    one, two = nn.Linear(3, 2), nn.Linear(3, 2)
    penalty = penalty_between([one, two])
    expected = sum(((p - q) ** 2).sum() / 4 for p, q in zip(one.parameters(), two.parameters(), strict=True))
    assert penalty.item() == pytest.approx(expected.item())
    penalty.backward()
    assert torch.allclose(one.weight.grad, (one.weight - two.weight).detach() / 2)
    assert torch.allclose(one.bias.grad, -two.bias.grad)


def test_penalty_between_equal_modules_is_zero():
    one, two, three = (nn.GRU(3, 2) for _ in range(3))
    two.load_state_dict(one.state_dict())
    three.load_state_dict(one.state_dict())
    assert penalty_between([one, two, three], "group").item() < 1e-6  # the mean of equal numbers is rounded


@pytest.mark.parametrize("other", [nn.Linear(4, 2), nn.Linear(3, 2, bias=False), nn.Conv1d(3, 2, 1)])
def test_penalty_between_refuses_other_structures(other):
    with pytest.raises(UserError, match=r"modules must agree in .* got other .*(weight|bias)"):
        penalty_between([nn.Linear(3, 2), other])
