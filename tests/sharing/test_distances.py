import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from sharegap.errors import UserError
from sharegap.sharing.distances import DISTANCES, distance_of, smooth

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
def test_equal_copies_are_at_distance_zero_and_are_not_pulled(name, weight):
    equal = weight[:1].expand(5, -1, -1).clone().requires_grad_()
    distance = DISTANCES[name](equal)
    distance.backward()
    assert distance.item() == pytest.approx(0, abs=1e-12)
    assert equal.grad.abs().max() < 1e-12


@pytest.mark.parametrize("name", DISTANCES)
def test_a_step_against_the_gradient_brings_copies_together(name, weight):
    weight.requires_grad_()
    before = DISTANCES[name](weight)
    before.backward()
    with torch.no_grad():
        assert DISTANCES[name](weight - 0.01 * weight.grad) < before


def test_cosine_leaves_the_length_of_copies_free(weight):
    lengths = torch.arange(1.0, 6, dtype=torch.float64).view(-1, 1, 1)
    assert DISTANCES["cosine"](weight[:1] * lengths).item() == pytest.approx(0, abs=1e-12)


def neighbours_apart(places):
    """½ Σ of squared differences over pairs of neighbours, `places` (*grid, numbers), pair by pair."""
    grid = places.shape[:-1]
    total = 0.0
    for place in np.ndindex(grid):
        for along in range(len(grid)):
            other = tuple(at + (axis == along) for axis, at in enumerate(place))
            if other[along] < grid[along]:
                total += ((places[place] - places[other]) ** 2).sum() / 2
    return total


GRIDS = [(12,), (3, 4), (2, 3, 2), (1, 12)]


@pytest.mark.parametrize("grid", GRIDS)
def test_smooth_is_half_the_squared_differences_of_neighbours(grid):
    weight = torch.randn(12, 3, 2, dtype=torch.float64)
    expected = neighbours_apart(weight.numpy().reshape(*grid, 6))
    assert smooth(weight, grid).item() == pytest.approx(expected)


@pytest.mark.parametrize("grid", GRIDS)
def test_smooth_has_the_gradient_of_its_values_and_none_at_constant_copies(grid, weight):
    copies = torch.randn(12, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda copies: smooth(copies, grid), copies)
    constant = weight[:1].expand(12, -1, -1).clone().requires_grad_()
    apart = smooth(constant, grid)
    apart.backward()
    assert apart.item() == 0
    assert not constant.grad.any()


def test_smooth_lets_copies_differ_that_are_not_neighbours():
    gradual, jumping = torch.tensor([[0.0], [1.0], [2.0], [3.0]]), torch.tensor([[0.0], [3.0], [1.0], [2.0]])
    assert smooth(gradual, (4,)).item() == 1.5
    assert smooth(jumping, (4,)).item() == 7


def test_an_unknown_distance_is_named_with_its_near_misses():
    with pytest.raises(UserError, match="no distance 'cosin': did you mean cosine"):
        distance_of("cosin")
