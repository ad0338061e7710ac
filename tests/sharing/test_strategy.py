"""What all strategies promise, and the checks of their numbers."""

from functools import partial

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.sharing import (
    CrossStitch,
    Hard,
    Hashed,
    Independent,
    Mixture,
    ProximalSoft,
    SharedConv,
    SharedLinear,
    SharingStrategy,
    Soft,
    Templates,
    TraceNorm,
    hard_first,
)
from sharegap.sharing.strategy import init_copies, overrides

STRATEGIES = {
    "independent": Independent,
    "hard": Hard,
    "hard_first": partial(hard_first, layers=1),
    "soft": Soft,
    "proximal_soft": ProximalSoft,
    "trace_norm": TraceNorm,
    "mixture": Mixture,
    "cross_stitch": CrossStitch,
    "templates": partial(Templates, templates=2),
    "hashed": partial(Hashed, compression=2),
}
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)


@every_strategy
def test_returns_all_copies(strategy, site, normal):
    assert strategy(site, (3, 2), normal)().shape == (5, 3, 2)


@every_strategy
def test_draws_from_the_default_generator(strategy, site, normal):
    torch.manual_seed(7)
    first = strategy(site, (3, 2), normal)()
    torch.manual_seed(7)
    assert torch.equal(first, strategy(site, (3, 2), normal)())
    assert not torch.equal(first, strategy(site, (3, 2), normal)())


@every_strategy
def test_copies_have_the_spread_of_init(strategy, site):
    weight = strategy(site, (40, 50), partial(torch.nn.init.normal_, std=0.3))()
    assert weight.std().item() == pytest.approx(0.3, rel=0.05)


@every_strategy
def test_biases_mix_no_activations(strategy, site, normal):
    activations = torch.randn(4, 5, 3)
    assert torch.equal(strategy(site, (3,), normal).mix_activations(activations), activations)


@every_strategy
def test_shared_value_equals_every_copy(strategy, site, normal):
    weight = strategy(site, (3, 2), normal)
    if weight.shared_value is not None:
        assert torch.equal(weight(), weight.shared_value.expand(5, 3, 2))
    assert (weight.shared_value is not None) == isinstance(weight, Hard)


@pytest.mark.parametrize("strategy", [Independent, Soft, ProximalSoft, TraceNorm, Mixture, CrossStitch])
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
    for strategy in (Independent, Hard, CrossStitch, STRATEGIES["templates"], STRATEGIES["hashed"]):
        assert strategy(site, (3, 2), normal).penalty() is None


def test_overriding_a_hook_turns_it_on(site, normal):
    weights = {name: strategy(site, (3, 2), normal) for name, strategy in STRATEGIES.items()}
    assert [name for name, weight in weights.items() if overrides(weight, "pull")] == ["proximal_soft"]
    assert [name for name, weight in weights.items() if overrides(weight, "mix_activations")] == ["cross_stitch"]
    assert not overrides(SharingStrategy(), "pull")


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
