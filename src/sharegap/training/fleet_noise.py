"""The noise of a fleet: each run's is drawn from a generator of its own, so company changes nothing."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sharegap.regularizers import NoiseLayer
from sharegap.seeding import derive_seed


def noise_shapes(objective: nn.Module, x: Tensor, y: Tensor) -> dict[str, torch.Size]:
    """The shape of the noise of each noise layer of one run's module for the batch `x`, `y`."""
    shapes: dict[str, torch.Size] = {}
    hooks = [
        layer.register_forward_pre_hook(
            lambda layer, args, name=name: shapes.update({name: layer.noise_shape(args[0])})
        )
        for name, layer in objective.named_modules()
        if isinstance(layer, NoiseLayer)
    ]
    with torch.no_grad(), torch.random.fork_rng():
        objective(x, y)
    for hook in hooks:
        hook.remove()
    return shapes


class FleetNoise:
    """Fills the noise layers of a stacked module, step by step.

    What a run draws at a step depends on its seed and the step alone, so nothing is to be stored or restored.
    Of a batch that is split over processes, each draws the whole and keeps its part.
    """

    def __init__(
        self,
        stacked: nn.Module,
        shapes: dict[str, torch.Size],
        seeds: Sequence[int],
        device: torch.device,
        part: slice,
    ) -> None:
        self.seeds = seeds
        self.generator = torch.Generator(device)
        self.layers: list[tuple[NoiseLayer, Tensor]] = []
        for name, shape in shapes.items():
            layer = stacked.get_submodule(name)
            assert isinstance(layer, NoiseLayer)
            whole = torch.empty(len(seeds), *shape, device=device)
            layer.noise = whole[:, part]
            self.layers.append((layer, whole))

    def draw(self, step: int) -> None:
        """Refills the buffers with the noise of training step `step`."""
        if not self.layers:
            return
        for run, seed in enumerate(self.seeds):
            self.generator.manual_seed(derive_seed(seed, "noise", step))
            for layer, whole in self.layers:
                layer.draw(whole[run], self.generator)
