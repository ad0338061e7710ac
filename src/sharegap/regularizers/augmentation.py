"""Dataset augmentation (Simard et al. 2003; Shorten & Khoshgoftaar 2019)."""

from torch import nn

from sharegap.errors import UserError
from sharegap.regularizers.noise import RandomClass, RandomShiftRotation
from sharegap.regularizers.regularizer import Regularizer, TaskInfo


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
        declared = task_info.augmentation
        if declared.get("replacement"):
            return RandomClass(self.strength * declared["replacement"], task_info.classes)
        if not set(declared) - {"replacement"}:
            raise UserError("this data set declares no augmentation that preserves labels: choose another method")
        shift, rotation = declared.get("shift", 0.0), declared.get("rotation", 0.0)
        return RandomShiftRotation(self.strength, shift, rotation, int(declared["dims"]))
