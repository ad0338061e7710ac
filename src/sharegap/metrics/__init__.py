"""What is measured. torchmetrics."""

from sharegap.metrics.classification import Classification
from sharegap.metrics.evaluation import Task, evaluation
from sharegap.metrics.network import copies_distance, unique_parameters

__all__ = ["Classification", "Task", "copies_distance", "evaluation", "unique_parameters"]
