"""Kinds of tasks: loss, score, output shape and calibration of each."""

from sharegap.tasks.classification import ClassificationTask
from sharegap.tasks.language_modeling import LanguageModelingTask
from sharegap.tasks.multitask_classification import MultitaskClassificationTask
from sharegap.tasks.per_task_classification import PerTaskClassificationTask
from sharegap.tasks.per_task_regression import PerTaskRegressionTask
from sharegap.tasks.reconstruction import ReconstructionTask
from sharegap.tasks.registry import make_task
from sharegap.tasks.regression import RegressionTask
from sharegap.tasks.task import Task
from sharegap.tasks.verification import VerificationTask

__all__ = [
    "ClassificationTask",
    "LanguageModelingTask",
    "MultitaskClassificationTask",
    "PerTaskClassificationTask",
    "PerTaskRegressionTask",
    "ReconstructionTask",
    "RegressionTask",
    "Task",
    "VerificationTask",
    "make_task",
]
