"""Regularizers other than sharing, one small module each. Plain PyTorch."""

from sharegap.regularizers.dropout import Dropout
from sharegap.regularizers.early_stopping import EarlyStopping
from sharegap.regularizers.l2 import L2
from sharegap.regularizers.regularizer import NoiseLayer, Regularizer

__all__ = ["L2", "Dropout", "EarlyStopping", "NoiseLayer", "Regularizer"]
