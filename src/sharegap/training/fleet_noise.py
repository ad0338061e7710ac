"""The noise of a fleet: each run draws from its own generator, so the other runs of its fleet change nothing."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sharegap.regularizers import NoiseLayer
from sharegap.seeding import derive_seed


def noise_shapes(objective: nn.Module, x: Tensor, y: Tensor) -> dict[str, torch.Size]:
    """Return the shape of each noise layer's noise for one run's batch, by the layer's name.

    Args:
        objective: one run's module, called once.
        x: inputs (batch, ...).
        y: targets (batch, ...).
    """
    shapes: dict[str, torch.Size] = {}
    hooks = []
    for name, layer in objective.named_modules():
        if isinstance(layer, NoiseLayer):

            def record_shape(layer: NoiseLayer, inputs: tuple[Tensor, ...], name: str = name) -> None:
                shapes[name] = layer.noise_shape(inputs[0])

            hooks.append(layer.register_forward_pre_hook(record_shape))
    with torch.no_grad(), torch.random.fork_rng():
        objective(x, y)
    for hook in hooks:
        hook.remove()
    return shapes


class FleetNoise:
    """Fill the noise layers of a fleet before each training step.

    A run's noise depends on its seed and the step alone, so checkpoints need no generator state. With several
    processes each draws the noise of the full batch and uses its share.

    Args:
        stacked: the module of all runs.
        shapes: the shape of one run's noise for each noise layer, as `noise_shapes` returns them.
        seeds: of the runs.
        device: of the module.
        batch_share: this process's share of the batch.
    """

    def __init__(
        self,
        stacked: nn.Module,
        shapes: dict[str, torch.Size],
        seeds: Sequence[int],
        device: torch.device,
        batch_share: slice,
    ) -> None:
        self.seeds = seeds
        self.generator = torch.Generator(device)
        self.layers: list[tuple[NoiseLayer, Tensor]] = []
        for name, shape in shapes.items():
            layer = stacked.get_submodule(name)
            assert isinstance(layer, NoiseLayer)
            noise = torch.empty(len(seeds), *shape, device=device)
            layer.noise = noise[:, batch_share]
            self.layers.append((layer, noise))

    def draw(self, step: int) -> None:
        """Refill the buffers with the noise of training step `step`."""
        if not self.layers:
            return
        for run, seed in enumerate(self.seeds):
            # One generator, seeded anew for each run: making a generator per run is slow on a GPU.
            self.generator.manual_seed(derive_seed(seed, "noise", step))
            for layer, noise in self.layers:
                layer.draw(noise[run], self.generator)
