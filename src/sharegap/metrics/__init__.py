"""What is measured: torchmetrics metrics, and measurements of weights and representations."""

from sharegap.metrics.by_task import TaskAccuracy, TaskAUROC, TaskNMSE, TaskR2
from sharegap.metrics.cka import linear_cka
from sharegap.metrics.gap import GeneralizationGap
from sharegap.metrics.mean_loss import MeanLoss
from sharegap.metrics.r2 import ExplainedVariance, MeanR2
from sharegap.metrics.task_accuracy import MeanTaskAccuracy
from sharegap.metrics.weights import relative_copy_distance, unique_parameters

__all__ = [
    "ExplainedVariance",
    "GeneralizationGap",
    "MeanLoss",
    "MeanR2",
    "MeanTaskAccuracy",
    "TaskAUROC",
    "TaskAccuracy",
    "TaskNMSE",
    "TaskR2",
    "linear_cka",
    "relative_copy_distance",
    "unique_parameters",
]
