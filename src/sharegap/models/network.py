"""The interface of the benchmark's networks, and what all of them use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sharegap.errors import UserError, check_int
from sharegap.sharing import SharingFactory

MAX_REPRESENTED = 1000
"""Samples whose representations are compared."""


class IncompatibleShapeError(UserError):
    """A network does not take samples, or does not give outputs, of the shapes that the data ask for."""


@dataclass(frozen=True)
class NetworkSpec:
    """Say what a network is built from, beside sizes of its own.

    Args:
        sample_shape: Shape of one sample.
        output_shape: Shape of the outputs for one sample.
        sharing: Relates the copies of the network's site.
        make_hidden_layer: Makes a new module to put after each activation, such as dropout; default none.
        has_tokens: Whether samples are the numbers of tokens; None, the default, for a network that may find out.

    Example:
        >>> from sharegap.models import Residual
        >>> from sharegap.sharing import Hard
        >>> network = Residual(NetworkSpec((1, 40), (10,), Hard), width=8, depth=4)
        >>> network(torch.ones(5, 1, 40)).shape
        torch.Size([5, 10])
    """

    sample_shape: Sequence[int]
    output_shape: Sequence[int]
    sharing: SharingFactory
    make_hidden_layer: Callable[[], nn.Module] = nn.Identity
    has_tokens: bool | None = None


class Network(nn.Module):
    """Map samples to outputs by a network with one site: (batch, *sample_shape) -> (batch, *output_shape).

    `input_regularizer` acts on the real numbers that come in, for tokens on their embeddings; by default it does
    nothing.

    Subclasses take a `NetworkSpec` and sizes of their own, and implement `outputs` and `representations`.

    Example:
        >>> from sharegap.sharing import Hard, SharedLinear, Site
        >>> class Pair(Network):
        ...     '''One linear layer for both parts of a pair: (batch, 2, features) -> (batch, 2, outputs).'''
        ...     def __init__(self, spec):
        ...         super().__init__()
        ...         features, outputs = spec.sample_shape[-1], spec.output_shape[-1]
        ...         self.layer = SharedLinear(spec.sharing, Site("branches", (2,)), features, outputs)
        ...     def outputs(self, x):
        ...         return self.layer(x)
        >>> Pair(NetworkSpec((2, 8), (2, 4), Hard))(torch.ones(5, 2, 8)).shape
        torch.Size([5, 2, 4])
    """

    def __init__(self) -> None:
        super().__init__()
        self.input_regularizer: nn.Module = nn.Identity()

    @property
    def members(self) -> list["Network"]:
        """The networks that are trained separately: this one, or those of an ensemble."""
        return [self]

    @property
    def smaller_ensembles(self) -> dict[int, "Network"]:
        """By size, the ensembles of this one's first members that are measured beside it."""
        return {}

    def forward(self, x: Tensor) -> Tensor:
        return self.outputs(self.input_regularizer(x))

    def outputs(self, x: Tensor) -> Tensor:
        """Return the outputs for inputs that are regularized already."""
        raise NotImplementedError

    def require_fit(self, x: Tensor) -> None:
        """Raise UserError for samples that this network cannot take; by default, building it has shown that it can."""

    def representations(self, x: Tensor) -> Tensor:
        """Return what every copy makes of the same inputs, those that any copy gets from `x`.

        Returns:
            (copies, samples, features), at most `MAX_REPRESENTED` samples.
        """
        raise NotImplementedError


def subsample(inputs: Tensor) -> Tensor:
    """Return at most `MAX_REPRESENTED` of `inputs` (samples, ...), evenly spread."""
    if len(inputs) <= MAX_REPRESENTED:
        return inputs
    # Not the first ones: windows and patches of one sample follow each other, and would be of few samples.
    return inputs[torch.linspace(0, len(inputs) - 1, MAX_REPRESENTED).long()]


def check_sizes(**sizes: int | Sequence[int]) -> None:
    """Raise UserError unless each of these options of a network is an integer >= 1, or a list of at least one."""
    for option, size in sizes.items():
        name = f"model.network.{option}"
        if not isinstance(size, Sequence):
            check_int(name, size)
        elif not size:
            raise UserError(f"{name} must be a list of at least one integer, got []")
        else:
            for number in size:
                check_int(name, number)


def check_layers(layers: Sequence[Sequence[int]]) -> None:
    """Raise UserError unless each of a network's convolutional layers is (kernel, stride), integers >= 1."""
    for index, layer in enumerate(layers):
        check_sizes(**{f"layers[{index}]": list(layer)})


def require_shapes(spec: NetworkSpec, fits: bool, takes: str, *, tokens: bool = False) -> None:
    """Raise IncompatibleShapeError unless the shapes of the data suit the network.

    Args:
        spec: Shapes of the samples and outputs, for the message.
        fits: Whether they suit the network.
        takes: What the network takes, for the message.
        tokens: Whether samples must be the numbers of tokens; else they must not.
    """
    if not fits or spec.has_tokens not in (None, tokens):
        kind = "" if not fits else "of tokens " if spec.has_tokens else "of real numbers "
        raise IncompatibleShapeError(
            f"this model takes {takes}; the data have samples {kind}{tuple(spec.sample_shape)} and ask for outputs "
            f"{tuple(spec.output_shape)}: choose another model or dataset"
        )
