"""What all strategies promise, and the checks of their numbers."""

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.sharing import (
    CrossStitch,
    Independent,
    Mixture,
    SharedConv,
    SharedLinear,
    SharingStrategy,
    SoftPenalty,
    SoftProximal,
    TraceNorm,
)
from sharegap.sharing.strategy import init_copies, overrides


@pytest.mark.parametrize("strategy", [Independent, SoftPenalty, SoftProximal, TraceNorm, Mixture, CrossStitch])
def test_copies_init_is_independent_or_same(strategy, site, normal):
    independent = strategy(site, (3,), normal, copies_init="independent")()
    same = strategy(site, (3,), normal, copies_init="same")()
    assert len(independent.unique(dim=0)) == 5
    assert len(same.unique(dim=0)) == 1
    with pytest.raises(UserError, match="copies_init must be 'same' or 'independent', got 'equal'"):
        strategy(site, (3,), normal, copies_init="equal")


def test_hooks_do_nothing_by_default(site, normal):
    plain = SharingStrategy()
    assert plain.penalty() is None
    assert plain.shared_value is None
    assert Independent(site, (3, 2), normal).penalty() is None


def test_overriding_a_hook_turns_it_on(site, normal):
    assert overrides(SoftProximal(site, (3, 2), normal), "pull")
    assert overrides(CrossStitch(site, (3, 2), normal), "mix_activations")
    assert not overrides(Independent(site, (3, 2), normal), "pull")


class Reversed(SharingStrategy):
    """A strategy from outside: one weight for all uses, reversed."""

    def __init__(self, site, shape, init):
        super().__init__()
        self.copies = site.copies
        self.base = nn.Parameter(init_copies(1, shape, init)[0])

    def forward(self):
        return self.base.flip(0).expand(self.copies, *self.base.shape)


class FastReversed(Reversed):
    """The same, and says so."""

    @property
    def shared_value(self):
        return self.base.flip(0)


LAYERS = {
    "linear": (lambda sharing, site: SharedLinear(sharing, site, 4, 2), (4,)),
    "conv": (lambda sharing, site: SharedConv(sharing, site, 2, 3, (6,), 3), (2, 6)),
}


@pytest.mark.parametrize(("make", "shape"), LAYERS.values(), ids=LAYERS)
def test_any_shared_value_gets_the_fast_path(make, shape, site):
    """Equal inputs are computed once, with the values that every copy gives."""
    fast, slow, x = make(FastReversed, site), make(Reversed, site), torch.randn(7, 1, *shape)
    slow.load_state_dict(fast.state_dict())
    assert fast(x).shape[:2] == (7, 1)
    assert slow(x).shape[:2] == (7, 5)
    torch.testing.assert_close(fast(x).expand_as(slow(x)), slow(x))
