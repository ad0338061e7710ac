"""What is measured. torchmetrics."""

from sharegap.metrics.classification import Classification
from sharegap.metrics.evaluation import Evaluation
from sharegap.metrics.gap import GeneralizationGap
from sharegap.metrics.kinds import task_of
from sharegap.metrics.language import Language
from sharegap.metrics.multitask import MultiTask
from sharegap.metrics.network import copies_distance, unique_parameters
from sharegap.metrics.reconstruction import Reconstruction
from sharegap.metrics.regression import Regression
from sharegap.metrics.related_tasks import RelatedTasks
from sharegap.metrics.similarity import linear_cka
from sharegap.metrics.task import Task
from sharegap.metrics.verification import Verification

__all__ = [
    "Classification",
    "Evaluation",
    "GeneralizationGap",
    "Language",
    "MultiTask",
    "Reconstruction",
    "Regression",
    "RelatedTasks",
    "Task",
    "Verification",
    "copies_distance",
    "linear_cka",
    "task_of",
    "unique_parameters",
]
