"""Dataset augmentation (Simard et al. 2003; Shorten & Khoshgoftaar 2019)."""

from torch import nn

from sharegap.errors import UserError, check_range, unknown_name
from sharegap.regularizers.noise import RandomClass, RandomShiftRotation
from sharegap.regularizers.regularizer import Regularizer, TaskInfo

INTERVALS = {"dims": "[1, 2] integers", "shift": "[0, inf)", "rotation": "[0, 180]", "replacement": "[0, 1]"}
"""The changes that a data set may declare, each in its range."""


class AugmentationRegularizer(Regularizer):
    """Change each training sample at random, in the ways its data set declares to preserve labels.

    A data set declares `dims` and the largest `shift` (in pixels) and `rotation` (in degrees), or for tokens the
    largest probability of `replacement` by a random one. It helps where a small training set does not show what is
    irrelevant.

    Args:
        strength: the fraction of those magnitudes to use, in [0, 1].

    Example:
        >>> import torch
        >>> info = TaskInfo(classes=10, augmentation={"dims": 2, "shift": 2})
        >>> layer = AugmentationRegularizer(0.5).make_input_layer(info)
        >>> layer(torch.randn(4, 1, 8, 8)).shape
        torch.Size([4, 1, 8, 8])
    """

    strength_range = "[0, 1]"

    def make_input_layer(self, task_info: TaskInfo) -> nn.Module:
        declared = dict(task_info.augmentation)
        if not declared.get("replacement", 1):
            del declared["replacement"]
        if not declared:
            raise UserError("this data set declares no augmentation that preserves labels: choose another method")
        _check(declared)
        if "replacement" in declared:
            return RandomClass(self.strength * declared["replacement"], task_info.classes)
        shift, rotation = declared.get("shift", 0.0), declared.get("rotation", 0.0)
        return RandomShiftRotation(self.strength, shift, rotation, int(declared["dims"]))


def _check(declared: dict[str, float]) -> None:
    """Check that the changes that a data set declares are known ones of sensible size."""
    for name, value in declared.items():
        if name not in INTERVALS:
            raise unknown_name("augmentation", name, INTERVALS)
        check_range(f"dataset.augmentation.{name}", value, INTERVALS[name])
    amounts = set(declared) - {"dims"}
    if not any(declared[name] for name in amounts) or ("replacement" in amounts and len(declared) > 1):
        raise UserError(
            f"dataset.augmentation must have a shift or rotation, or a replacement alone, above 0, got {dict(declared)}"
        )
    if "replacement" not in declared and "dims" not in declared:
        raise UserError(f"dataset.augmentation must have dims, 1 or 2, got {declared}")
