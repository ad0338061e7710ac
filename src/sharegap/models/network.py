"""What every network of the benchmark offers beside its outputs."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from sharegap.errors import UserError, check_int

Hidden = Callable[[], nn.Module]
"""Makes what follows each activation: what the regularizers put there."""

SAMPLES = 1000


class IncompatibleShapeError(UserError):
    """A model cannot take these data."""


class Network(nn.Module):
    """A network with one kind of site: (batch, *sample_shape) -> (batch, *output_shape).

    `entry` is what regularizers put before it, on the real numbers that come in: on the embeddings, where tokens do.
    """

    def __init__(self) -> None:
        super().__init__()
        self.entry: nn.Module = nn.Identity()

    @property
    def members(self) -> list["Network"]:
        """The networks that are trained each for itself: this one alone, or those of an ensemble."""
        return [self]

    def forward(self, x: Tensor) -> Tensor:
        return self.outputs(self.entry(x))

    def outputs(self, x: Tensor) -> Tensor:
        """What the network makes of what has entered."""
        raise NotImplementedError

    def representations(self, x: Tensor) -> Tensor:
        """What every copy makes of the same inputs, those that any copy gets of `x`: (copies, samples, features)."""
        raise NotImplementedError


def subsample(inputs: Tensor) -> Tensor:
    """At most SAMPLES of `inputs` (samples, ...), evenly spread."""
    return inputs if len(inputs) <= SAMPLES else inputs[torch.linspace(0, len(inputs) - 1, SAMPLES).long()]


def check_sizes(**sizes: int | Sequence[int]) -> None:
    """Raises UserError where one of these options of a model is not a whole number, or several of them, from 1."""
    for name, size in sizes.items():
        for each in size if isinstance(size, Sequence) else [size]:
            check_int(f"model.network.{name}", each)
        if size == []:
            raise UserError(f"model.network.{name} is empty: it needs one number at least")


def require_shapes(fits: bool, takes: str, sample_shape: Sequence[int], output_shape: Sequence[int]) -> None:
    """Raises MisfitError, which says what the model takes and what the data are, unless it `fits`."""
    if not fits:
        raise IncompatibleShapeError(
            f"this model takes {takes}; the data have samples {tuple(sample_shape)} and ask for outputs "
            f"{tuple(output_shape)}: choose another model or dataset"
        )
