"""Regularizers other than parameter sharing, one module each; plain PyTorch."""

from sharegap.regularizers.augmentation import AugmentationRegularizer
from sharegap.regularizers.dropout import DropoutRegularizer
from sharegap.regularizers.early_stopping import EarlyStoppingRegularizer
from sharegap.regularizers.input_noise import InputNoiseRegularizer
from sharegap.regularizers.l2 import L2Regularizer
from sharegap.regularizers.noise import NoiseLayer
from sharegap.regularizers.output_noise import OutputNoiseRegularizer
from sharegap.regularizers.regularizer import Regularizer, TaskInfo, TaskLoss

__all__ = [
    "AugmentationRegularizer",
    "DropoutRegularizer",
    "EarlyStoppingRegularizer",
    "InputNoiseRegularizer",
    "L2Regularizer",
    "NoiseLayer",
    "OutputNoiseRegularizer",
    "Regularizer",
    "TaskInfo",
    "TaskLoss",
]
