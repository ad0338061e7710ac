"""Regularizers other than sharing, one small module each. Plain PyTorch."""

from sharegap.regularizers.augmentation import AugmentationRegularizer
from sharegap.regularizers.dropout import DropoutRegularizer
from sharegap.regularizers.early_stopping import EarlyStoppingRegularizer
from sharegap.regularizers.input_noise import InputNoiseRegularizer
from sharegap.regularizers.l2 import L2Regularizer
from sharegap.regularizers.output_noise import OutputNoiseRegularizer
from sharegap.regularizers.regularizer import NoiseLayer, Regularizer, TaskInfo

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
]
