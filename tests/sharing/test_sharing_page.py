"""The table of paths in docs/sharing.md is what training shows."""

import math
import re

import pytest
import torch

from sharegap.plan.targets import instantiate
from sharegap.sharing import Hard, Independent, SharedLinear, Site
from sharegap.sharing.distances import cosine_distance
from sharegap.testing.runs import choices, compose_options
from tests.helpers import ROOT

PAGE = (ROOT / "docs" / "sharing.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("### Where each path ends")[2].partition("\n### ")[0].partition("\n## ")[0]
ROWS = {name: cells.split(" | ") for name, cells in re.findall(r"^\| `(\w+)` \| (.*) \|$", TABLE, re.M)}
EXTREMES = {
    "grouped": ("groups", 99, 1),
    "hard_first": ("layers", 0, 99),
    "low_rank": ("rank", 99, 0),
    "templates": ("templates", 99, 1),
    "hashed": ("compression", 1, 1e9),
}
"""Of strategies without a strength: their option, where they share least and most."""
STEPS = 100
SITE = Site("mine", (5,), ordered=True, parallel=True)


def build(sharing, strength):
    torch.manual_seed(0)
    layer = SharedLinear(sharing, SITE, 20, 8).double()
    for weight in (layer.weight, layer.bias):
        weight.set_strength(strength)
    return layer


def train(sharing, strength=0.0):
    """Train a layer whose copies have similar tasks, by Adam; return its outputs, its weight and its loss."""
    layer = build(sharing, strength)
    weights = (layer.weight, layer.bias)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(200, 5, 20, generator=generator, dtype=torch.double)
    tasks = torch.randn(6, 20, 8, generator=generator, dtype=torch.double) / 3
    y = torch.einsum("bci,cio->bco", x, tasks[0] + 0.3 * tasks[1:])
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.01)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = (layer(x) - y).square().mean()
        for weight in weights:
            penalty = weight.penalty()
            if penalty is not None:
                loss = loss + weight.strength * penalty
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for weight in weights:
                weight.pull(torch.tensor(0.01), STEPS)
    with torch.no_grad():
        return layer(x), layer.weight(), (layer(x) - y).square().mean().item()


def ends(name):
    """The weak and the strong end of a path, as arguments of `train`."""
    config = compose_options(f"sharing={name}").sharing
    if name in EXTREMES:
        option, *values = EXTREMES[name]
        return [(instantiate(dict(config.strategy) | {option: value}), 0.0) for value in values]
    strongest = math.inf if config.range.endswith("inf]") else 1e12
    return [(instantiate(config.strategy), strength) for strength in (0.0, strongest)]


def agree(one, other):
    return torch.allclose(one, other, rtol=0, atol=1e-6)


CLAIMS = {
    "equal": lambda weight, start, loss: (weight - weight.mean(0)).norm() < 0.03 * weight.norm(),
    "parallel": lambda weight, start, loss: cosine_distance(weight) < 0.01,
    "all weights": lambda weight, start, loss: weight.std() < 0.01 * start.std(),
    "stalls": lambda weight, start, loss: loss > 5 * train(Hard)[2],
}
"""What a cell says of the strong end by these words."""


def test_table_has_every_path():
    """That is every strategy with something to tune."""
    assert set(ROWS) == {name for name in choices("sharing") if compose_options(f"sharing={name}").sharing.get("tunes")}


@pytest.mark.parametrize("name", ROWS)
def test_ends_are_as_the_table_says(name):
    weak, strong = ends(name)
    weak_cell, strong_cell, _ = ROWS[name]
    outputs, weight, loss = train(*strong)
    assert agree(train(*weak)[0], train(Independent)[0]) == (weak_cell == "`independent`")
    assert agree(outputs, train(Hard)[0]) == (strong_cell == "`hard`")
    start = build(*strong).weight()
    for words, holds in CLAIMS.items():
        assert words not in strong_cell or holds(weight, start, loss)


@pytest.mark.parametrize("name", ROWS)
def test_start_is_as_the_table_says(name):
    """At the strong end, where it matters, two copies start equal or independently."""
    start = build(*ends(name)[1]).weight().flatten(1)
    correlation = torch.corrcoef(start)[0, 1].item()
    cell = ROWS[name][2]
    assert (correlation > 0.99) == ("equal" in cell or "ρ" in cell)
    assert (abs(correlation) < 0.3) == (cell == "independent")
