"""One run as a plain module: a network, its regularizers, and the objective that training minimizes."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sharegap.models import Network
from sharegap.regularizers import Regularizer, TaskInfo
from sharegap.sharing import SharingStrategy
from sharegap.sharing.strategy import overrides
from sharegap.tasks import Task


class Objective(nn.Module):
    """The network of one run and its training objective.

    `objective(x)` returns the network's outputs; `objective(x, y)` the scalar that training minimizes: the mean
    loss, as the regularizers transform it, + λ · Σ penalties of the shared weights + Σ penalties of the regularizers.
    An ensemble's loss is the sum of its members' losses.

    Args:
        network: one network, or an ensemble.
        task: gives the loss.
        sharing_strength: λ.
        regularizers: by name, in the order in which they apply.
        augmentation: the label-preserving changes that the data set declares.
        steps: of the training, >= 1.
    """

    def __init__(
        self,
        network: Network,
        task: Task,
        sharing_strength: float,
        regularizers: Mapping[str, Regularizer],
        augmentation: Mapping[str, float],
        steps: int,
    ) -> None:
        super().__init__()
        self.network = network
        self.task = task
        self.steps = steps
        self.regularizer_modules = nn.ModuleDict(regularizers)
        task_info = TaskInfo(task.classes, augmentation)
        self.input_layers, self.target_layers, self.batch_layers = nn.Sequential(), nn.Sequential(), nn.Sequential()
        for regularizer in regularizers.values():
            _append(self.input_layers, regularizer.make_input_layer(task_info))
            _append(self.target_layers, regularizer.make_target_layer(task_info))
            _append(self.batch_layers, regularizer.make_batch_layer(task_info))
        for member in network.members:
            member.input_regularizer = embedding_layers = nn.Sequential()
            for regularizer in regularizers.values():
                _append(embedding_layers, regularizer.make_embedding_layer())
        for weight in self.shared_weights():
            weight.set_strength(sharing_strength)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        if y is None:
            return _at_least_float32(self.network(x))
        x, y = self.input_layers(x), self.target_layers(y)
        for layer in self.batch_layers:
            x, y = layer(x, y)
        member_losses = [self._mean_loss(_at_least_float32(member(x)), y) for member in self.network.members]
        objective = torch.stack(member_losses).sum()
        for weight in self.shared_weights():
            penalty = weight.penalty()
            if penalty is not None:
                objective = objective + weight.strength * penalty
        for regularizer in self.regularizers:
            penalty = regularizer.penalty(self.network)
            if penalty is not None:
                objective = objective + penalty
        return objective

    def _mean_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        losses = self.task.loss(outputs, targets)
        for regularizer in self.regularizers:
            losses = regularizer.transform_loss(losses, outputs, targets, self.task)
        return losses.mean()

    @torch.no_grad()
    def after_step(self, lr: Tensor) -> Tensor:
        """Let the shared weights and the regularizers change the parameters after an optimizer step.

        Args:
            lr: the run's learning rate, a scalar.

        Returns:
            `lr`, because `vmap` needs a result.
        """
        for weight in self.shared_weights():
            weight.pull(lr, self.steps)
        for regularizer in self.regularizers:
            regularizer.after_step(self.network, lr)
        return lr

    @property
    def has_after_step(self) -> bool:
        """Whether `after_step` does anything."""
        if any(overrides(weight, "pull") for weight in self.shared_weights()):
            return True
        return any(type(regularizer).after_step is not Regularizer.after_step for regularizer in self.regularizers)

    @property
    def scored_at(self) -> str:
        """The snapshot that counts: the best-validation weights if any regularizer asks for them, else the final."""
        snapshots = {regularizer.scored_at for regularizer in self.regularizers}
        return "best_val" if "best_val" in snapshots else "final"

    @property
    def regularizers(self) -> list[Regularizer]:
        """The regularizers in their order."""
        return [module for module in self.regularizer_modules.values() if isinstance(module, Regularizer)]

    def shared_weights(self) -> list[SharingStrategy]:
        """The weights of all sites of the network."""
        return [module for module in self.network.modules() if isinstance(module, SharingStrategy)]


def _at_least_float32(outputs: Tensor) -> Tensor:
    """Convert half precision to float32: the loss of a large output would overflow in it."""
    return outputs.to(torch.promote_types(outputs.dtype, torch.float32))


def _append(layers: nn.Sequential, layer: nn.Module | None) -> None:
    if layer is not None:
        layers.append(layer)
