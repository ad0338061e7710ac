"""The base class of regularizers: the hooks through which one changes a training."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

import torch
from torch import Tensor, nn

from sharegap.errors import check_range


@dataclass(frozen=True)
class TaskInfo:
    """Tell a regularizer about the task when it makes its layers.

    Args:
        classes: the number of classes; 0 if targets are real numbers.
        augmentation: the largest label-preserving changes, e.g. `{"dims": 2, "shift": 2}`; see
            `AugmentationRegularizer`.

    Example:
        >>> TaskInfo(classes=10, augmentation={"dims": 1, "shift": 2}).classes
        10
    """

    classes: int
    augmentation: Mapping[str, float] = field(default_factory=dict)


class TaskLoss(Protocol):
    """What a regularizer may use of the task when it transforms the loss."""

    classes: int

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each sample, (batch,)."""

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        """Return each sample's loss averaged over all possible targets, (batch,); for classes only."""


class Regularizer(nn.Module):
    """Change the training of a network in one way, by overriding hooks.

    A hook that is not overridden costs nothing. The same code trains one run or a whole fleet: `strength` is a
    buffer, of which a fleet holds one per run, and every hook but `should_stop` runs under `torch.func.vmap`. Use it
    as a tensor, never in an `if`.

    Args:
        strength: how strongly to regularize, a number in `strength_range`.

    Raises:
        UserError: if `strength` is outside `strength_range`.

    Example:
        Decoupled weight decay (Loshchilov & Hutter 2019):

        >>> class DecoupledDecay(Regularizer):
        ...     def after_step(self, network, lr):
        ...         for parameter in network.parameters():
        ...             parameter.mul_(1 - lr * self.strength)
        >>> network = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.ones_(network.weight)
        >>> with torch.no_grad():
        ...     DecoupledDecay(0.5).after_step(network, torch.tensor(0.1))
        >>> round(network.weight.item(), 3)
        0.95
    """

    strength_range: ClassVar[str] = "[0, inf)"
    """The strengths that are allowed, as `sharegap.errors.check_range` reads them; `range` in the YAML repeats it."""
    off: ClassVar[float] = 0.0
    """The strength at which training is the same as without this regularizer, bit for bit."""
    scored_at: ClassVar[Literal["final", "best_val"]] = "final"
    """The snapshot of the weights at which a method with this regularizer is scored."""

    strength: Tensor

    def __init__(self, strength: float) -> None:
        super().__init__()
        check_range(f"{type(self).__name__}.strength", strength, self.strength_range)
        self.register_buffer("strength", torch.tensor(float(strength)))

    def make_input_layer(self, task_info: TaskInfo) -> nn.Module | None:
        """Make a layer for the raw samples (images, tokens, ...), or None; it is called in training only."""
        return None

    def make_target_layer(self, task_info: TaskInfo) -> nn.Module | None:
        """Make a layer for the targets, or None; it is called in training only."""
        return None

    def make_batch_layer(self, task_info: TaskInfo) -> nn.Module | None:
        """Make a layer for inputs and targets together, or None; it is called in training only.

        The layer is called as `layer(x, y)`, after all input and target layers, and returns the new pair. For
        randomness, derive it from `NoiseLayer` and call `sample_noise(x)` in its `forward(x, y)`.
        """
        return None

    def make_embedding_layer(self) -> nn.Module | None:
        """Make a layer for the real numbers that enter the network (embedded tokens, else the inputs), or None."""
        return None

    def make_hidden_layer(self) -> nn.Module | None:
        """Make a layer to follow one hidden activation, or None; called once for each activation."""
        return None

    def transform_loss(self, losses: Tensor, outputs: Tensor, targets: Tensor, task: TaskLoss) -> Tensor:
        """Return the losses to minimize.

        Args:
            losses: the loss of each sample, (batch,), as earlier regularizers left it.
            outputs: of the network, (batch, *output_shape).
            targets: (batch, ...), as the target and batch layers left them.
            task: gives the losses of other targets.

        Returns:
            (batch,).
        """
        return losses

    def penalty(self, network: nn.Module) -> Tensor | None:
        """Return a scalar to add to the objective, or None."""
        return None

    def after_step(self, network: nn.Module, lr: Tensor) -> None:
        """Change the parameters of `network` in place after each optimizer step, without gradients.

        It must do the same to the same parameters and buffers: a fleet records it once and replays it.

        Args:
            network: the network that is trained.
            lr: the run's learning rate, a scalar.
        """

    def should_stop(self, evaluations_since_best: Tensor) -> Tensor | None:
        """Return for each run whether its training ends now, (runs,), or None if this never decides.

        Args:
            evaluations_since_best: (runs,), since the best validation score so far.
        """
        return None
