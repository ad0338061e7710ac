"""The interface of a sharing strategy, and what all strategies use."""

import math
from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.seeding import derive_seed
from sharegap.sharing.site import Site

Init = Callable[[Tensor], object]
"""Fills the tensor of ONE copy in place, e.g. `torch.nn.init.orthogonal_`."""

CopiesInit = Literal["same", "independent"]
"""How copies are initialized: one draw for all, or one draw each."""


class SharingStrategy(nn.Module):
    """Hold the weights of one site; a call returns all copies, (copies, *shape).

    A strategy is constructed from a site, the shape of one copy and the initializer of one copy. Subclasses implement
    `forward`. Everything else is optional: overriding a hook is what turns it on.

    - `shared_value`: one weight for all copies, so that layers compute once what all copies would return.
    - `penalty`: a scalar that the training objective adds λ times.
    - `pull`: an in-place change of the weights after each step of the optimizer.
    - `set_copies`: a start from given weights, for `share`.
    - `unique_parameters`: how many numbers the copies are a function of, where that is not the number of parameters.
    - `mix_activations`: an exchange of activations between copies.

    Example:
        >>> class Scaled(SharingStrategy):
        ...     '''One weight times a learned factor per copy.'''
        ...     def __init__(self, site, shape, init):
        ...         super().__init__()
        ...         self.base = nn.Parameter(init_copies(1, shape, init)[0])
        ...         self.factors = nn.Parameter(torch.ones(site.copies, *[1] * len(shape)))
        ...     def forward(self):
        ...         return self.factors * self.base
        >>> weight = Scaled(Site("tasks", (3,)), (4, 2), nn.init.normal_)
        >>> weight().shape
        torch.Size([3, 4, 2])
    """

    approaches_hard: bool = False
    """Whether the copies become equal as the strength grows without bound."""

    strength: Tensor
    """λ, a scalar; a fleet holds one per run."""

    def __init__(self) -> None:
        super().__init__()
        # The config says it, so that a state dict holds weights only.
        self.register_buffer("strength", torch.zeros(()), persistent=False)

    def set_strength(self, strength: float) -> None:
        """Set λ, once and before training."""
        self.strength.fill_(strength)

    def forward(self) -> Tensor:
        """Return all copies, (copies, *shape)."""
        raise NotImplementedError

    @property
    def shared_value(self) -> Tensor | None:
        """The one weight (*shape) that equals every copy; None where copies may differ."""
        return None

    def penalty(self) -> Tensor | None:
        """Return the scalar that λ multiplies in the loss; None without a penalty."""
        return None

    def pull(self, lr: Tensor, steps: int) -> None:
        """Move the weights in place after a step of the optimizer; gradients are off.

        It must do the same to the same parameters and buffers: a fleet records it once and replays it.

        Args:
            lr: The learning rate, a scalar.
            steps: How many steps the training has.
        """

    def set_copies(self, copies: Tensor) -> None:
        """Begin from given copies, or the nearest that can be represented; gradients are off, and λ is set.

        Args:
            copies: (copies, *shape).

        Raises:
            UserError: If the strategy has no such start.
        """
        raise UserError(
            f"a strategy must have set_copies to begin from given weights, got {type(self).__name__}: "
            "choose start='fresh'"
        )

    @property
    def unique_parameters(self) -> int:
        """How many numbers the copies are a function of."""
        return sum(parameter.numel() for parameter in self.parameters())

    def mix_activations(self, activations: Tensor) -> Tensor:
        """Return what the copies make of each other's activations, (batch, copies, ...) -> the same shape."""
        return activations


SharingFactory = Callable[[Site, tuple[int, ...], Init], SharingStrategy]
"""Makes the weights of a site from (site, shape, init): a strategy class, or one with its options filled in."""


def overrides(strategy: SharingStrategy, hook: str) -> bool:
    """Return whether the strategy's class implements the optional method `hook`, e.g. "pull".

    Example:
        >>> overrides(SharingStrategy(), "pull")
        False
    """
    return getattr(type(strategy), hook) is not getattr(SharingStrategy, hook)


def shared_values(weight: SharingStrategy, bias: SharingStrategy) -> tuple[Tensor, Tensor] | None:
    """Return the weight and the bias that serve all copies; None where the copies of either may differ."""
    shared_weight, shared_bias = weight.shared_value, bias.shared_value
    if shared_weight is None or shared_bias is None:
        return None
    return shared_weight, shared_bias


def torch_init(fan_in: int) -> Init:
    """Return PyTorch's initializer of linear, convolutional and recurrent layers: U(±1/√fan_in)."""
    bound = 1 / math.sqrt(fan_in)
    return partial(nn.init.uniform_, a=-bound, b=bound)


def scatter_mean(numbers: Tensor, indices: Tensor, start: Tensor) -> Tensor:
    """Return for each index the mean of the numbers that have it, the least-squares fit; that of `start` if none has.

    Args:
        numbers: Any shape.
        indices: Of the same shape, each into `start`.
        start: (values,).
    """
    means = start.clone()
    return means.scatter_reduce_(0, indices.flatten(), numbers.flatten(), reduce="mean", include_self=False)


def draw_seed() -> int:
    """Draw the seed of one weight's copies from PyTorch's default generator."""
    return int(torch.randint(2**62, (), device="cpu"))


def init_copies(
    copies: int,
    shape: tuple[int, ...],
    init: Init,
    copies_init: CopiesInit = "independent",
    seed: int | None = None,
) -> Tensor:
    """Return freshly drawn weights, (copies, *shape).

    However many copies there are, PyTorch's default generator advances by one number. So with one seed, the other
    weights of a network start alike under every strategy, copy c of all strategies is the same draw, and so is the one
    draw of "same".

    Args:
        copies: Number of copies, >= 1.
        shape: Shape of one copy.
        init: Initializer of one copy.
        copies_init: "same" draws once for all copies, "independent" once for each.
        seed: As `draw_seed` returns it, for a strategy that needs both kinds of draws; by default a new one.

    Raises:
        UserError: For any other `copies_init`.

    Example:
        >>> init_copies(3, (4, 2), nn.init.normal_).shape
        torch.Size([3, 4, 2])
    """
    if copies_init not in ("same", "independent"):
        raise UserError(f"copies_init must be 'same' or 'independent', got {copies_init!r}")
    seed = draw_seed() if seed is None else seed
    weight = torch.empty(copies, *shape)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derive_seed(seed, copies_init))
        # One call per copy: initializers such as orthogonal_ depend on the shape of what they fill.
        for copy in weight if copies_init == "independent" else weight[:1]:
            init(copy)
    if copies_init == "same":
        weight[1:] = weight[0].detach()
    return weight.detach()
