"""What a network changes and draws by itself in training: running statistics, and torch's dropout."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sharegap.regularizers import NoiseLayer
from sharegap.seeding import derive_seed


def copy_buffers(module: nn.Module) -> dict[str, Tensor]:
    """Return copies of a module's buffers by their names."""
    return {name: buffer.detach().clone() for name, buffer in module.named_buffers()}


def changed_buffers(module: nn.Module, before: Mapping[str, Tensor]) -> list[str]:
    """Return the names of the buffers that are not what they were."""
    buffers = dict(module.named_buffers())
    # NaN counts as equal to itself.
    return [name for name, old in before.items() if not torch.allclose(buffers[name], old, 0, 0, equal_nan=True)]


def fill_noise(objective: nn.Module, layouts: Mapping[str, Tensor]) -> None:
    """Fill the noise layers of one run's module, so that they draw nothing."""
    for name, layout in layouts.items():
        layer = objective.get_submodule(name)
        assert isinstance(layer, NoiseLayer)
        layer.noise = layer.from_uniform(torch.full(layout.shape, 0.5))


@torch.no_grad()
def draws_numbers(objective: nn.Module, layouts: Mapping[str, Tensor], x: Tensor, y: Tensor) -> bool:
    """Return whether a call in training draws random numbers from torch's generator, beside the noise layers.

    Args:
        objective: one run's module; its noise and buffers change.
        layouts: of its noise, as `noise_layouts` returns them.
        x: inputs (batch, ...).
        y: targets (batch, ...).
    """
    fill_noise(objective, layouts)
    with torch.random.fork_rng(devices=[]):
        state = torch.get_rng_state()
        objective(x, y)
        return not torch.equal(torch.get_rng_state(), state)


def seed_step(seed: int, step: int, share: slice) -> None:
    """Seed torch's generators for what a network draws in one training step of one run.

    Args:
        seed: the run's.
        step: number of the step.
        share: of the batch, which another process does not have.
    """
    torch.manual_seed(derive_seed(seed, "network", step, share.start or 0))
