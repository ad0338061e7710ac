import math

import pytest
import torch

from sharegap.metrics import linear_cka


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def hsic(one, two):
    """tr(K H L H) of linear kernels (Gretton et al. 2005), with matrices (samples, samples)."""
    samples = len(one)
    centre = torch.eye(samples, dtype=one.dtype) - 1 / samples
    return torch.trace(one @ one.T @ centre @ two @ two.T @ centre)


def direct(one, two):
    return (hsic(one, two) / (hsic(one, one) * hsic(two, two)).sqrt()).item()


def test_two_copies_follow_the_formula():
    pair = torch.randn(2, 30, 4, dtype=torch.float64) + 3
    pair[1] += 0.5 * pair[0]
    assert linear_cka(pair).item() == pytest.approx(direct(*pair))
    assert 0.01 < linear_cka(pair) < 0.99


def test_more_copies_average_over_pairs():
    copies = torch.randn(4, 30, 3, dtype=torch.float64)
    copies[1] += copies[0]
    pairs = [direct(copies[i], copies[j]) for i in range(4) for j in range(i)]
    assert linear_cka(copies).item() == pytest.approx(sum(pairs) / 6)


def test_is_invariant_to_rotation_scale_and_shift():
    one = torch.randn(50, 4)
    rotation = torch.linalg.qr(torch.randn(4, 4))[0]
    assert linear_cka(torch.stack([one, 3 * one @ rotation + 5])).item() == pytest.approx(1)
    stretched = one * torch.tensor([10.0, 1, 1, 1])
    assert linear_cka(torch.stack([one, stretched])) < 0.9


def test_independent_noise_is_not_similar():
    assert linear_cka(torch.randn(3, 20_000, 4)) < 0.001


@pytest.mark.parametrize("representations", [torch.randn(1, 30, 4), torch.ones(2, 30, 4)])
def test_is_nan_without_anything_to_compare(representations):
    assert math.isnan(linear_cka(representations).item())
