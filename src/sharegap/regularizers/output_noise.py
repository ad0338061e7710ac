"""Noise on the outputs (Szegedy et al. 2016; Müller et al. 2019)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sharegap.errors import UserError, unknown_name
from sharegap.regularizers.input_noise import GaussianNoise
from sharegap.regularizers.regularizer import NoiseLayer, Regularizer, TaskInfo

KINDS = ("smoothing", "flips", "gaussian")


class OutputNoiseRegularizer(Regularizer):
    """Targets that are not wholly trusted.

    `smoothing` (the default for classes) gives a part ε of each target to all classes alike: label smoothing (Szegedy
    et al. 2016). `flips` replaces a target by a random class with probability ε, of which smoothing is the mean.
    `gaussian` (the default for real numbers) adds noise with standard deviation ε. Helps where a network grows too
    sure of its training labels. Strength: ε in [0, 1) for classes, ε ≥ 0 for real numbers.
    """

    def __init__(self, strength: float, kind: str | None = None) -> None:
        super().__init__(strength)
        if kind not in (None, *KINDS):
            raise unknown_name("kind of output noise", str(kind), KINDS)
        self.kind = kind

    @staticmethod
    def check(strength: float) -> None:
        if not 0 <= strength < 1:
            raise UserError(f"the output noise ε is {strength}: it must be in [0, 1)")

    def targets(self, task_info: TaskInfo) -> nn.Module | None:
        kind = self.kind or ("smoothing" if task_info.classes else "gaussian")
        if (kind == "gaussian") == bool(task_info.classes):
            raise UserError(
                f"output noise of the kind {kind} needs {'real numbers' if task_info.classes else 'classes'} as "
                "targets: leave regularizer.output_noise.kind at null"
            )
        self.kind = kind
        if kind == "flips":
            return RandomClass(self.strength, task_info.classes)
        return GaussianNoise(self.strength) if kind == "gaussian" else None

    def loss(self, losses: Tensor, over_targets: Callable[[], Tensor]) -> Tensor:
        if self.kind != "smoothing":
            return losses
        return (1 - self.strength) * losses + self.strength * over_targets()


class RandomClass(NoiseLayer):
    """Whole numbers, each replaced with probability `p` (a scalar tensor) by any of `classes`, itself included.

    Those below 0 stand for what is missing, and stay.
    """

    p: Tensor

    def __init__(self, p: Tensor, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.register_buffer("p", p.clone())

    def draw(self, out: Tensor, generator: torch.Generator | None) -> Tensor:
        return out.uniform_(generator=generator)

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        # Where the noise lies below p, its place there is uniform again, and says which class.
        drawn = (noise / self.p.clamp_min(1e-30) * self.classes).clamp_max(self.classes - 1).long()
        return torch.where((noise < self.p) & (x >= 0), drawn, x)
