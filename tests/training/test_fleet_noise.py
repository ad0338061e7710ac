"""The numbers that a fleet draws: uniform, independent, and each run's own."""

import pytest
import torch
from scipy import stats
from torch import nn

from sharegap.regularizers.noise import DropoutLayer, GaussianNoise
from sharegap.training.fleet_noise import FleetNoise
from sharegap.training.stacking import stack

SHAPE = torch.Size((50, 40))
LAYOUT = torch.empty(SHAPE, device="meta")


def drawn(seeds, steps, layers=1, layer=DropoutLayer, layout=LAYOUT):
    """Noise (steps, runs, layers, numbers)."""
    stacked = stack([nn.Sequential(*(layer(torch.tensor(0.1)) for _ in range(layers))) for _ in seeds])
    noise = FleetNoise(stacked, {str(i): layout for i in range(layers)}, seeds, torch.device("cpu"), slice(None))
    draws = []
    for step in steps:
        noise.draw(step)
        draws.append(torch.stack([module.noise.flatten(1).clone() for module in stacked], 1))
    return torch.stack(draws)


def test_numbers_are_uniform():
    numbers = drawn(range(5), range(20)).flatten()
    assert 0 < numbers.min() < 1e-4
    assert 1 - 1e-4 < numbers.max() < 1
    assert stats.kstest(numbers.numpy(), "uniform").pvalue > 0.01
    low_bits = (numbers.double() * 2**23).long() % 256
    assert stats.chisquare(low_bits.bincount(minlength=256).numpy()).pvalue > 0.01


@pytest.mark.parametrize(
    ("seeds", "steps", "layers"),
    [(range(40), [7], 1), (range(10**6, 10**6 + 40), [7], 1), ([3], range(40), 1), ([3], [7], 40)],
    ids=["seeds", "tuning seeds", "steps", "layers"],
)
def test_streams_are_independent(seeds, steps, layers):
    """Neither the same place of two streams nor neighbours within one are correlated."""
    streams = drawn(seeds, steps, layers).flatten(0, 2)
    size = streams.shape[1]
    between = torch.corrcoef(streams)[torch.triu_indices(40, 40, 1).unbind()] * size**0.5
    assert stats.kstest(between.numpy(), "norm").pvalue > 0.01
    for lag in (1, 2, 40):  # 40: the same place of the next sample
        within = torch.corrcoef(torch.stack([streams[:, lag:].flatten(), streams[:, :-lag].flatten()]))[0, 1]
        assert abs(within) < 4 / (40 * size) ** 0.5


def test_counts_of_dropped_vary_as_coins():
    """Of one place over steps, and of one step over places: the variance is that of a binomial distribution."""
    dropped = (drawn([0], range(400)).flatten(1) < 0.3).double()
    for counts, tries in ((dropped.sum(0), 400), (dropped.sum(1), SHAPE.numel())):
        dispersion = float(((counts - 0.3 * tries) ** 2).sum() / (0.3 * 0.7 * tries))
        assert 0.005 < stats.chi2.cdf(dispersion, len(counts)) < 0.995


def test_gaussian_noise_is_normal():
    numbers = drawn(range(5), range(20), layer=GaussianNoise).flatten()
    assert stats.kstest(numbers.numpy(), "norm").pvalue > 0.01
    assert numbers.isfinite().all()


def test_company_changes_no_noise():
    assert torch.equal(drawn([4, 9], [3])[:, 1], drawn([9], [3])[:, 0])


def test_layout_in_memory_changes_no_number():
    transposed = torch.empty(SHAPE[::-1], device="meta").mT
    assert torch.equal(drawn([4, 9], [3], 2, layout=transposed), drawn([4, 9], [3], 2))
