"""What is measured, as torchmetrics."""

from sharegap.metrics.cka import linear_cka
from sharegap.metrics.gap import GeneralizationGap
from sharegap.metrics.mean_loss import MeanLoss
from sharegap.metrics.weights import relative_copy_distance, unique_parameters

__all__ = ["GeneralizationGap", "MeanLoss", "linear_cka", "relative_copy_distance", "unique_parameters"]
