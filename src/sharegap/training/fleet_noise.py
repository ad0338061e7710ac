"""The noise of a fleet, drawn for all its runs at once: a hash of each run's seed, the layer, the step and the place.

A generator has a state that must be kept, and draws one run after the other. A hash has none: any number of any run at
any step is known by itself, on every device the same (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
3").
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sharegap.regularizers import NoiseLayer
from sharegap.regularizers.noise import SMALLEST
from sharegap.seeding import derive_seed


def noise_layouts(objective: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Return the shape of each noise layer's noise for one run's batch, and its layout in memory, by the layer's name.

    Both are those of a tensor without numbers. Noise that lies as the inputs do is applied in half the time.

    Args:
        objective: one run's module, called once.
        x: inputs (batch, ...).
        y: targets (batch, ...).
    """
    layouts: dict[str, Tensor] = {}
    hooks = []
    for name, layer in objective.named_modules():
        if isinstance(layer, NoiseLayer):

            def record_layout(layer: NoiseLayer, inputs: tuple[Tensor, ...], name: str = name) -> None:
                x, shape = inputs[0], layer.noise_shape(inputs[0])
                like = torch.empty_like(x, device="meta") if x.shape == shape else torch.empty(shape, device="meta")
                layouts[name] = like

            hooks.append(layer.register_forward_pre_hook(record_layout))
    with torch.no_grad(), torch.random.fork_rng():
        objective(x, y)
    for hook in hooks:
        hook.remove()
    return layouts


class FleetNoise:
    """Fill the noise layers of a fleet before each training step.

    A run's noise depends on its seed and the step alone, so checkpoints need no state, and the other runs of its fleet
    change nothing. With several processes each draws the noise of the full batch and uses its share.

    Args:
        stacked: the module of all runs.
        layouts: of one run's noise for each noise layer, as `noise_layouts` returns them.
        seeds: of the runs.
        device: of the module.
        batch_share: this process's share of the batch.
    """

    def __init__(
        self,
        stacked: nn.Module,
        layouts: dict[str, Tensor],
        seeds: Sequence[int],
        device: torch.device,
        batch_share: slice,
    ) -> None:
        self.layers: list[tuple[NoiseLayer, Tensor, Tensor, Tensor]] = []
        """Each layer with its noise (runs, numbers), the runs' keys for it (2, runs, 1), and a word for each number."""
        largest = max((layout.numel() for layout in layouts.values()), default=0)
        places = _mix(torch.arange(largest, dtype=torch.int32, device=device))
        for number, (name, layout) in enumerate(layouts.items()):
            layer = stacked.get_submodule(name)
            assert isinstance(layer, NoiseLayer)
            noise = torch.empty(len(seeds), layout.numel(), device=device)
            # From the outermost dimension in memory to the innermost; where each of them belongs.
            order = sorted(range(layout.dim()), key=layout.stride, reverse=True)
            back = [1 + order.index(dim) for dim in range(layout.dim())]
            in_memory = noise.view(len(seeds), *(layout.shape[dim] for dim in order))
            layer.noise = in_memory.permute(0, *back)[:, batch_share]
            words = [_words(derive_seed(seed, "noise", number)) for seed in seeds]
            keys = torch.tensor(words, dtype=torch.int32, device=device).T.unsqueeze(-1)
            # A number is known by its place among the layer's, wherever it lies in memory.
            layer_places = places[: layout.numel()].view(layout.shape).permute(order).flatten()
            self.layers.append((layer, noise, keys, layer_places))

    @property
    def buffers(self) -> list[Tensor]:
        """The noise of each layer, for this process's share of the batch."""
        return [layer.noise for layer, *_ in self.layers if layer.noise is not None]

    def draw(self, step: int | Tensor) -> None:
        """Refill the buffers with the noise of training step `step`, a number or a scalar tensor of one."""
        for layer, noise, keys, places in self.layers:
            fill_uniform(noise, _mix(keys + step), places)
            noise.copy_(layer.from_uniform(noise))


def fill_uniform(out: Tensor, keys: Tensor, places: Tensor) -> None:
    """Fill `out` (runs, numbers) with numbers that are uniform in (0, 1), in place.

    Args:
        out: of single precision.
        keys: two random words for each run, (2, runs, 1).
        places: a random word for each number, (numbers,), all different.
    """
    bits = out.view(torch.int32)
    torch.mul(places, keys[0] | 1, out=bits)  # an odd factor keeps the words different
    _mix(bits.add_(keys[1]))
    bits.bitwise_and_(0x7FFFFF).bitwise_or_(0x3F800000)  # the digits of a number in [1, 2)
    out.sub_(1 - SMALLEST)


def _mix(words: Tensor) -> Tensor:
    """Scramble words of 32 bits in place, one to one: two rounds of a hash by multiplication and shifts.

    The constants are those of Ellis (2018), "Prospecting for hash functions".
    """
    for shift, mask, factor in ((16, 0xFFFF, 0x21F0AAAD), (15, 0x1FFFF, 0x735A2D97)):
        # The mask: bits that a shift brings in are copies of the sign.
        words.bitwise_xor_(words.bitwise_right_shift(shift).bitwise_and_(mask)).mul_(factor)
    return words.bitwise_xor_(words.bitwise_right_shift(15).bitwise_and_(0x1FFFF))


def _words(seed: int) -> tuple[int, int]:
    """A seed of 63 bits as two signed words of 32."""
    high, low = divmod(seed, 2**32)
    return high, low - 2**31
