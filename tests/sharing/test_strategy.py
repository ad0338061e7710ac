"""What all strategies promise, and the checks of their numbers."""

import math
from functools import partial

import pytest
import torch

from sharegap.errors import UserError
from sharegap.sharing import (
    CrossStitch,
    Hard,
    Hashed,
    Independent,
    Mixture,
    SharingStrategy,
    Soft,
    Templates,
    TraceNorm,
    hard_first,
)
from sharegap.sharing.strategy import check_strength

STRATEGIES = {
    "independent": Independent,
    "hard": Hard,
    "hard_first": partial(hard_first, layers=1),
    "soft": Soft,
    "trace_norm": TraceNorm,
    "mixture": Mixture,
    "cross_stitch": CrossStitch,
    "templates": partial(Templates, templates=2),
    "hashed": partial(Hashed, compression=2),
}
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
with_a_start = pytest.mark.parametrize("strategy", [Independent, Soft, TraceNorm, Mixture, CrossStitch])


@every_strategy
def test_hands_out_all_copies(strategy, site, normal):
    assert strategy(site, (3, 2), normal)().shape == (5, 3, 2)


@every_strategy
def test_starts_from_the_default_generator(strategy, site, normal):
    torch.manual_seed(7)
    first = strategy(site, (3, 2), normal)()
    torch.manual_seed(7)
    assert torch.equal(first, strategy(site, (3, 2), normal)())
    assert not torch.equal(first, strategy(site, (3, 2), normal)())


@every_strategy
def test_starts_with_the_spread_of_its_init(strategy, site):
    weight = strategy(site, (40, 50), partial(torch.nn.init.normal_, std=0.3))()
    assert weight.std().item() == pytest.approx(0.3, rel=0.05)


@every_strategy
def test_mixes_no_activations_of_biases(strategy, site, normal):
    activations = torch.randn(4, 5, 3)
    assert torch.equal(strategy(site, (3,), normal).mix(activations), activations)


@with_a_start
def test_copies_start_apart_or_equal(strategy, site, normal):
    apart, equal = (strategy(site, (3,), normal, start=start)() for start in ("independent", "same"))
    assert len(apart.unique(dim=0)) == 5
    assert len(equal.unique(dim=0)) == 1
    with pytest.raises(UserError, match="'same' or 'independent', not 'equal'"):
        strategy(site, (3,), normal, start="equal")


def test_a_strategy_has_no_strength_unless_it_says_so(site, normal):
    plain = SharingStrategy()
    assert plain.penalty() is None
    assert not plain.pulls
    for without in (Independent, Hard, CrossStitch, STRATEGIES["templates"], STRATEGIES["hashed"]):
        assert without(site, (3, 2), normal).penalty() is None


@pytest.mark.parametrize("strength", [-1e-9, math.inf, math.nan])
def test_refuses_strengths_out_of_range(strength):
    with pytest.raises(UserError, match="must be 0 or more and finite"):
        check_strength(strength)
