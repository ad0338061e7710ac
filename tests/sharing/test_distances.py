from functools import partial

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from sharegap.errors import UserError
from sharegap.sharing.distances import DISTANCES, MIN_NORM, cosine_distance, get_distance, smooth

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


@pytest.mark.parametrize("name", DISTANCES)
def test_copies_of_zeros_are_equal(name):
    zeros = torch.zeros(3, 4, requires_grad=True)
    distance = DISTANCES[name](zeros)
    distance.backward()
    assert distance.item() == 0
    assert not zeros.grad.any()


@pytest.mark.parametrize("size", [0.0, 1e-12, 1e-6, 1e-4, 1e-3])
def test_cosine_near_zero_has_a_bounded_gradient(size):
    copies = torch.tensor([[size, 0, 0], [0, 0, 0], [0, -size, size]], requires_grad=True)
    distance = cosine_distance(copies)
    distance.backward()
    assert 0 <= distance.item() < 6
    assert copies.grad.norm(dim=1).max() < 6 / MIN_NORM


def test_cosine_of_opposite_copies_is_one_each():
    copies = torch.tensor([[3.0, 4.0], [-3.0, -4.0]])
    assert cosine_distance(copies).item() == pytest.approx(2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", [*DISTANCES, "smooth"])
def test_half_precision_is_summed_in_single(name, dtype):
    """The sums pass 65,504, the largest number of half precision."""
    measure = partial(smooth, grid=(2,)) if name == "smooth" else DISTANCES[name]
    half = (torch.randn(2, 400, 400, generator=torch.Generator().manual_seed(0)) * 3).to(dtype).requires_grad_()
    single = half.detach().float().requires_grad_()
    for weight in (half, single):
        measure(weight).backward()
    assert measure(half).dtype == torch.float32
    assert torch.equal(measure(half), measure(single))
    torch.testing.assert_close(half.grad, single.grad.to(dtype))
