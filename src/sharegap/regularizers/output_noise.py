"""Noise on the targets (Szegedy et al. 2016; Müller et al. 2019)."""

from torch import Tensor, nn

from sharegap.errors import UserError, unknown_name
from sharegap.regularizers.noise import GaussianNoise, RandomClass
from sharegap.regularizers.regularizer import Regularizer, TaskInfo, TaskLoss

NOISE_KINDS = ("smoothing", "flips", "gaussian")


class OutputNoiseRegularizer(Regularizer):
    """Train on noisy targets, so that the network does not become overconfident.

    - `smoothing`: label smoothing, a fraction ε of each target is spread over all classes (Szegedy et al. 2016).
    - `flips`: with probability ε a target becomes a random class. Its expected loss is that of `smoothing`.
    - `gaussian`: real targets get noise with standard deviation ε.

    Args:
        strength: ε, in [0, 1).
        kind: one of the above; by default `smoothing` for classes and `gaussian` for real numbers.

    Raises:
        UserError: for an unknown kind, or later for one that does not suit the task's targets.

    Example:
        >>> OutputNoiseRegularizer(0.1).make_target_layer(TaskInfo(classes=0))
        GaussianNoise()
    """

    strength_range = "[0, 1)"

    def __init__(self, strength: float, kind: str | None = None) -> None:
        super().__init__(strength)
        if kind not in (None, *NOISE_KINDS):
            raise unknown_name("kind of output noise", str(kind), NOISE_KINDS)
        self.kind = kind

    def make_target_layer(self, task_info: TaskInfo) -> nn.Module | None:
        kind = self._kind_for(task_info.classes)
        if (kind == "gaussian") == bool(task_info.classes):
            suitable = "smoothing or flips" if task_info.classes else "gaussian"
            raise UserError(
                f"regularizer.output_noise.kind must be {suitable} for these targets, got {kind}: leave it at null"
            )
        if kind == "flips":
            return RandomClass(self.strength, task_info.classes)
        return GaussianNoise(self.strength) if kind == "gaussian" else None

    def transform_loss(self, losses: Tensor, outputs: Tensor, targets: Tensor, task: TaskLoss) -> Tensor:
        if self._kind_for(task.classes) != "smoothing":
            return losses
        # The cross-entropy is linear in the target, so smoothing the loss is smoothing the label.
        return (1 - self.strength) * losses + self.strength * task.loss_over_targets(outputs)

    def _kind_for(self, classes: int) -> str:
        return self.kind or ("smoothing" if classes else "gaussian")
