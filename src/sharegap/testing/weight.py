"""The check of a single weight of a sharing strategy."""

from functools import partial

import torch
from torch import Tensor, nn

from sharegap.sharing import SharingFactory, SharingStrategy, Site
from sharegap.sharing.strategy import overrides
from sharegap.testing.findings import require

SHAPES = ((40, 50), (3,))
"""A weight large enough to estimate its spread, and a bias."""
SPREAD = 0.3
"""The standard deviation that a weight is drawn with."""


def check_weight(sharing: SharingFactory, site: Site, shape: tuple[int, ...], where: str) -> None:
    """Check the copies of one weight: their shape, chance and spread; `where` names it in messages."""

    def draw(seed: int) -> SharingStrategy:
        torch.manual_seed(seed)
        return sharing(site, shape, partial(nn.init.normal_, std=SPREAD))

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        weight, again, other = draw(0), draw(0), draw(1)
        copies = weight()
        expected = (site.copies, *shape)
        require(
            isinstance(copies, Tensor) and tuple(copies.shape) == expected,
            f"{where} must return (copies, *shape) = {expected}, got {tuple(getattr(copies, 'shape', ()))}",
        )
        require(copies.isfinite().all(), f"{where} must return finite numbers, got NaN or infinity")
        require(
            torch.equal(copies, again()) and not torch.equal(copies, other()),
            f"{where} must draw from PyTorch's default generator alone: got other copies for the same seed, or the "
            "same for another: call init, or pass no generator",
        )
        if copies.numel() > 1000:
            spread = copies.std().item()
            require(
                abs(spread - SPREAD) < 0.05 * SPREAD,
                f"{where} must start with the spread of init, {SPREAD}, got {spread:.3g}: scale what is drawn",
            )
        shared = weight.shared_value
        require(
            shared is None or torch.equal(copies, shared.expand(expected)),
            f"{where} must have a shared_value that equals every copy, got another",
        )
        activations = torch.randn(2, site.copies, *shape[:1])
        mixed = weight.mix_activations(activations)
        require(mixed.shape == activations.shape, f"{where}: mix_activations must keep the shape, got {mixed.shape}")
        is_bias = len(shape) == 1
        require(not is_bias or torch.equal(mixed, activations), f"{where}: a bias must mix no activations, got others")


def check_start(sharing: SharingFactory, site: Site, shape: tuple[int, ...], where: str) -> None:
    """Check that a weight with `set_copies` begins from copies that it can represent as they are."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        given, weight = (sharing(site, shape, partial(nn.init.normal_, std=SPREAD)) for _ in range(2))
        if overrides(weight, "set_copies"):
            weight.set_copies(given())
            require(
                torch.allclose(weight(), given(), rtol=1e-3, atol=1e-4),
                f"{where}: set_copies must take copies that the strategy can represent as they are, got others",
            )
