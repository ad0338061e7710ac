"""The penalties and pulls of sharing strategies during the training of any LightningModule."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from sharegap.errors import UserError, check_int
from sharegap.sharing.shared_sites import trained_weights
from sharegap.sharing.strategy import SharingStrategy, overrides


class SharingCallback(pl.Callback):
    """Let the sharing strategies of a LightningModule act on its training: their penalties and their pulls.

    Before each step of an optimizer it adds the gradient of λ times the penalties, once, however many batches are
    accumulated, and before gradients are clipped. After the step it pulls. The logged loss is without penalties.

    It acts on what `share` made and on layers with copies such as `SharedLinear`, wherever they are in the module.

    Args:
        steps: How many optimizer steps the training has, >= 1, which a pull may depend on; by default as many as the
            trainer says.

    Raises:
        UserError: When training starts, for a module that shares nothing, an optimizer that was made before the module
            was shared, or a training without an end if `steps` is not given.

    Example:
        >>> trainer = pl.Trainer(callbacks=[SharingCallback()], logger=False, accelerator="cpu")
    """

    def __init__(self, steps: int | None = None) -> None:
        self.steps = None if steps is None else check_int("steps", steps)
        self._handles: list[RemovableHandle] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Refuse what would be trained wrongly, and pull after each step from now on."""
        weights = trained_weights(pl_module)
        if not weights:
            raise UserError(f"SharingCallback must be for a module that was shared, got {type(pl_module).__name__}")
        optimized: set[Tensor] = set()
        for optimizer in trainer.optimizers:
            optimized.update(learning_rates(optimizer))
        if not all(optimized & set(weight.parameters()) for weight in weights):
            raise UserError("a module must be shared before its optimizer is made, got one without the shared weights")
        pulled = [weight for weight in weights if overrides(weight, "pull")]
        steps = self.steps or trainer.estimated_stepping_batches
        if pulled and math.isinf(steps):
            raise UserError("steps must be given to SharingCallback for a training without an end, got none")
        for optimizer in trainer.optimizers if pulled else []:
            self._handles.append(optimizer.register_step_post_hook(partial(_pull, pulled, int(steps))))

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Optimizer
    ) -> None:
        """Add the gradients of the penalties to those that this optimizer uses."""
        rates = learning_rates(optimizer)
        scale = gradient_scale(trainer, optimizer)
        for weight in trained_weights(pl_module):
            parameters = [parameter for parameter in weight.parameters() if parameter in rates]
            if parameters:
                with torch.enable_grad():
                    penalty = weight.penalty()
                    add_gradient(None if penalty is None else weight.strength * penalty, parameters, scale)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave the optimizers as they were."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Leave the optimizers as they were after an error, too."""
        self.on_train_end(trainer, pl_module)


def learning_rates(optimizer: Optimizer) -> dict[Tensor, float | Tensor]:
    """Return the rate of each parameter that an optimizer trains."""
    rates: dict[Tensor, float | Tensor] = {}
    for group in optimizer.param_groups:
        rates.update(dict.fromkeys(group["params"], group["lr"]))
    return rates


def gradient_scale(trainer: pl.Trainer, optimizer: Optimizer) -> float:
    """Return the factor by which gradients are larger when an optimizer takes them, for half precision."""
    scaler: Any = getattr(trainer.precision_plugin, "scaler", None)
    # A fused optimizer divides by the scale itself, within its step.
    is_scaled = scaler is not None and getattr(optimizer, "_step_supports_amp_scaling", False)
    return float(scaler.get_scale()) if is_scaled else 1.0


def add_gradient(penalty: Tensor | None, parameters: Sequence[Tensor], scale: float) -> None:
    """Add the gradient of a penalty, if there is one, times a scale to that of parameters."""
    if penalty is None:
        return
    gradients = torch.autograd.grad(scale * penalty, parameters, allow_unused=True)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        if gradient is not None:
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient


@torch.no_grad()
def _pull(weights: Sequence[SharingStrategy], steps: int, optimizer: Optimizer, *_: Any) -> None:
    """Pull the weights that an optimizer trains, each at its learning rate; called after its step."""
    rates = learning_rates(optimizer)
    for weight in weights:
        rate = next((rates[parameter] for parameter in weight.parameters() if parameter in rates), None)
        if rate is not None:
            weight.pull(torch.as_tensor(rate, device=weight.strength.device), steps)
