"""What cannot be shared is one sentence, and leaves the module as it was."""

import math

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.sharing import Hard, SoftPenalty, SoftProximal, share, untie
from tests.sharing.user_networks import GPT, ResNet, Siamese


class Pair(nn.Module):
    """Two layers of one's choice."""

    def __init__(self, one, other):
        super().__init__()
        self.one, self.other = one, other


def tied():
    pair = Pair(nn.Linear(3, 3), nn.Linear(3, 3))
    pair.head = nn.Linear(3, 3)
    pair.head.weight = pair.other.weight
    return pair


def frozen():
    pair = Pair(nn.Linear(3, 3), nn.Linear(3, 3))
    pair.other.requires_grad_(False)
    return pair


def same():
    layer = nn.Linear(3, 3)
    return Pair(layer, layer)


PAIRS = {
    "shapes": (
        lambda: Pair(nn.Linear(3, 4), nn.Linear(4, 4)),
        r"one\.weight and other\.weight must have the same shape, got \(4, 3\) and \(4, 4\)",
    ),
    "names": (
        lambda: Pair(nn.Linear(3, 4), nn.Linear(3, 4, bias=False)),
        "submodules of site pair must agree in the names of parameters, got bias in only one of one and other",
    ),
    "dtypes": (
        lambda: Pair(nn.Linear(3, 4), nn.Linear(3, 4).half()),
        r"must have the same dtype, got torch\.float32 and torch\.float16",
    ),
    "frozen": (frozen, "must have the same requires_grad, got True and False"),
    "all frozen": (
        lambda: Pair(nn.Linear(3, 3), nn.Linear(3, 3)).requires_grad_(False),
        "site pair must have parameters that are trained, got frozen ones alone",
    ),
    "tied": (tied, r"a parameter of a site must not be tied, got other\.weight and head\.weight"),
    "same object": (same, "site pair must have submodules that are not the same object, got one, other"),
    "without parameters": (lambda: Pair(nn.ReLU(), nn.ReLU()), "must have parameters, got none in one"),
    "meta": (
        lambda: Pair(nn.Linear(3, 3, device="meta"), nn.Linear(3, 3, device="meta")),
        r"one\.weight must have numbers, got a parameter on the meta device: load it before",
    ),
    "lazy": (
        lambda: Pair(nn.LazyLinear(3), nn.LazyLinear(3)),
        r"one\.weight must have a shape, got a lazy parameter: call the module once before",
    ),
}


@pytest.mark.filterwarnings("ignore:Lazy modules")
@pytest.mark.parametrize(("make", "message"), PAIRS.values(), ids=PAIRS)
def test_submodules_that_cannot_be_copies(make, message):
    pair = make()
    before = list(pair.state_dict())
    with pytest.raises(UserError, match=message):
        share(pair, {"pair": ["one", "other"]})
    assert list(pair.state_dict()) == before


SITES = {
    "unknown": ({"blocks": ["blocks.0", "block.1"]}, r"there is no submodule 'block\.1': did you mean blocks\.1"),
    "pattern": ({"blocks": "layers.*"}, r"there is no submodule 'layers\.\*'"),
    "one": ({"blocks": ["blocks.0"]}, r"site blocks must have at least two submodules, got blocks\.0"),
    "none": ({"blocks": []}, "site blocks must have at least two submodules, got none"),
    "no site": ({}, "sites must be a dict of at least one site and its submodules"),
    "name": ({"all blocks": "blocks.*"}, "the name of a site must be a new identifier, got 'all blocks'"),
    "method": ({"penalty": "blocks.*"}, "the name of a site must be a new identifier, got 'penalty'"),
    "number": ({1: "blocks.*"}, "the name of a site must be a new identifier, got 1"),
    "two sites": (
        {"blocks": "blocks.*", "attention": "blocks.*.attn"},
        r"blocks\.0\.attn\.queries_keys_values\.weight must be a copy at one site, got blocks and attention",
    ),
    "nested": ({"blocks": ["blocks.0", "blocks.0.attn"]}, "must agree in the names of parameters"),
}


@pytest.mark.parametrize(("sites", "message"), SITES.values(), ids=SITES)
def test_sites_that_make_no_sense(sites, message):
    with pytest.raises(UserError, match=message):
        share(GPT(), sites)


OPTIONS = {
    "negative": ({"strength": -1}, r"strength must be in \[0, inf\], got -1"),
    "nan": ({"strength": math.nan}, "strength must be in"),
    "name": ({"strategy": "soft"}, "strategy must be a sharing strategy, such as Soft or Hard, got 'soft'"),
    "none": ({"strategy": SoftPenalty}, "strength must be given for SoftPenalty, got none"),
    "infinite penalty": ({"strategy": SoftPenalty, "strength": math.inf}, "must be finite for SoftPenalty, got inf"),
    "infinite step": ({"strategy": SoftProximal, "strength": math.inf}, "must be finite for SoftProximal, got inf"),
    "start": ({"start": "mine"}, "start must be 'own', 'fresh' or a function of a module, got 'mine'"),
}


@pytest.mark.parametrize(("options", "message"), OPTIONS.values(), ids=OPTIONS)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(UserError, match=message):
        share(Siamese(), Siamese.sites, **options)


def test_what_is_no_module():
    for call in (lambda: share("net", {"a": ["0", "1"]}), lambda: untie(Siamese), lambda: share({}, {})):
        with pytest.raises(UserError, match=r"module must be a torch\.nn\.Module, got (str|type|dict)"):
            call()


def test_what_is_shared_already():
    network = GPT()
    share(network, {"attention": "blocks.*.attn"})
    with pytest.raises(UserError, match=r"a submodule of site rest must not be shared already, got blocks\.0"):
        share(network, {"rest": "blocks.*"})
    with pytest.raises(UserError, match="the name of a site must be a new identifier, got 'attention'"):
        share(network, {"attention": "blocks.*.mlp"})


def test_an_attribute_in_the_way():
    network = ResNet()
    network.shared_sites = torch.ones(2)
    with pytest.raises(UserError, match="a module to be shared must have no attribute shared_sites, got ResNet"):
        share(network, network.sites, Hard)
