"""Regularizers other than sharing, one small module each. Plain PyTorch."""

from sharegap.regularizers.augmentation import Augmentation
from sharegap.regularizers.dropout import Dropout
from sharegap.regularizers.early_stopping import EarlyStopping
from sharegap.regularizers.input_noise import InputNoise
from sharegap.regularizers.l2 import L2
from sharegap.regularizers.output_noise import OutputNoise
from sharegap.regularizers.regularizer import Facts, NoiseLayer, Regularizer

__all__ = [
    "L2",
    "Augmentation",
    "Dropout",
    "EarlyStopping",
    "Facts",
    "InputNoise",
    "NoiseLayer",
    "OutputNoise",
    "Regularizer",
]
