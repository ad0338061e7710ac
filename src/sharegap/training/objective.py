"""One run as a plain module: a network, what regularizes it, and its training objective."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from sharegap.models import Network
from sharegap.regularizers import Regularizer, TaskInfo
from sharegap.sharing import SharingStrategy
from sharegap.tasks import Task


class Objective(nn.Module):
    """`objective(x)` are the network's outputs, `objective(x, y)` is the scalar that training minimizes.

    The objective is the mean loss, as the regularizers change it and what it sees, + λ · Σ penalties of the sites +
    the regularizers' penalties; an ensemble's is the sum of its members'. `augmentation` is what the data set
    declares of itself.
    """

    sharing_strength: Tensor

    def __init__(
        self,
        network: Network,
        task: Task,
        sharing_strength: float,
        regularizers: Mapping[str, Regularizer],
        augmentation: Mapping[str, float],
    ) -> None:
        super().__init__()
        self.network = network
        self.task = task
        self.regularizers = nn.ModuleDict(regularizers)
        task_info = TaskInfo(task.classes, augmentation)
        self.inputs = _layers(regularizer.inputs(task_info) for regularizer in self.each_regularizer())
        self.targets = _layers(regularizer.targets(task_info) for regularizer in self.each_regularizer())
        for member in network.members:
            member.input_regularizer = _layers(regularizer.entry() for regularizer in self.each_regularizer())
        self.register_buffer("sharing_strength", torch.tensor(float(sharing_strength)))

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        if y is None:
            return _whole(self.network(x))
        seen, targets = self.inputs(x), self.targets(y)
        objective = torch.stack([self._loss(_whole(member(seen)), targets) for member in self.network.members]).sum()
        sites = [site.penalty() for site in self.each_site()]
        shared = [self.sharing_strength * penalty for penalty in sites if penalty is not None]
        others = [regularizer.penalty(self.network) for regularizer in self.each_regularizer()]
        return sum((p for p in [*shared, *others] if p is not None), start=objective)

    def _loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        losses = self.task.loss(outputs, targets)
        for regularizer in self.each_regularizer():
            losses = regularizer.loss(losses, lambda: self.task.loss_over_targets(outputs))
        return losses.mean()

    def pull(self, rate: Tensor) -> Tensor:
        """What the sites do to their weights after a step at the learning rate `rate`; returns λ · rate."""
        amount = rate * self.sharing_strength
        for site in self.each_site():
            site.pull(amount)
        return amount

    @property
    def scored_at(self) -> str:
        """The snapshot that counts: where any regularizer says so, the best-validation one, else the final one."""
        return "best_val" if any(each.scored_at == "best_val" for each in self.each_regularizer()) else "final"

    def each_site(self) -> list[SharingStrategy]:
        return [module for module in self.network.modules() if isinstance(module, SharingStrategy)]

    def each_regularizer(self) -> list[Regularizer]:
        return [regularizer for regularizer in self.regularizers.values() if isinstance(regularizer, Regularizer)]


def _whole(outputs: Tensor) -> Tensor:
    """No loss in half precision."""
    return outputs.to(torch.promote_types(outputs.dtype, torch.float32))


def _layers(layers: Iterable[nn.Module | None]) -> nn.Sequential:
    return nn.Sequential(*(layer for layer in layers if layer is not None))
