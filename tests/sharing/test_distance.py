import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from sharegap.errors import UserError
from sharegap.sharing import Soft
from sharegap.sharing.distance import DISTANCES

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


def test_an_unknown_distance_is_named_with_its_near_misses():
    with pytest.raises(UserError, match="no distance 'cosin': did you mean cosine"):
        Soft(2, (3,), torch.nn.init.normal_, distance="cosin")
