import math

import pytest
import torch

from sharegap.errors import UserError
from sharegap.sharing import Hard, LowRank, Site


def seeded(strategy, *arguments, **options):
    torch.manual_seed(0)
    return strategy(*arguments, **options)


@pytest.mark.parametrize("rank", [0, 1, 3, 99])
def test_starts_as_hard_bit_for_bit(rank, site, normal):
    assert torch.equal(seeded(LowRank, site, (3, 4), normal, rank=rank)(), seeded(Hard, site, (3, 4), normal)())


@pytest.mark.parametrize(("rank", "expected"), [(0, 0), (1, 1), (3, 3), (4, 4), (99, 4)])
def test_deviations_have_the_rank(rank, expected, site, normal):
    """At most copies − 1: a shared weight and four directions reach any five copies."""
    weight = LowRank(site, (3, 4), normal, rank=rank).double()
    torch.nn.init.normal_(weight.coefficients)
    assert torch.linalg.matrix_rank((weight() - weight.shared).flatten(1)) == expected
    assert len(weight.directions) == expected
    torch.testing.assert_close(weight().mean(0), weight.shared)


def test_rank_0_trains_as_hard(site, normal):
    paths = []
    for strategy, options in ((LowRank, {"rank": 0}), (Hard, {})):
        weight = seeded(strategy, site, (3, 4), normal, **options)
        optimizer = torch.optim.Adam(weight.parameters(), lr=0.1)
        for step in range(5):
            optimizer.zero_grad()
            (weight() - step).square().sum().backward()
            optimizer.step()
        paths.append(weight().detach())
    torch.testing.assert_close(*paths)


def test_every_direction_trains(site, normal):
    """From the second step on: the first one moves coefficients away from 0."""
    weight = LowRank(site, (3, 4), normal, rank=2)
    target = torch.randn(5, 3, 4)
    optimizer = torch.optim.Adam(weight.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        (weight() - target).square().sum().backward()
        optimizer.step()
    assert (weight.directions.grad != 0).all()


def test_one_copy_has_no_deviations(normal):
    assert LowRank(Site("tasks", (1,)), (3,), normal, rank=2)().shape == (1, 3)


@pytest.mark.parametrize("rank", [-1, 1.5, True, math.nan])
def test_refuses_ranks_out_of_range(rank, site, normal):
    with pytest.raises(UserError, match="rank must be an integer >= 0"):
        LowRank(site, (3,), normal, rank=rank)
