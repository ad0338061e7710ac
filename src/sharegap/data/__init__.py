"""Data sets as tensors, and split indices. Plain PyTorch and numpy."""

from sharegap.data.dataset import Dataset, split
from sharegap.data.digits import digit_pairs, digits, digits_reconstruction, two_digits
from sharegap.data.markov_text import markov_text
from sharegap.data.mnist1d import mnist1d

__all__ = [
    "Dataset",
    "digit_pairs",
    "digits",
    "digits_reconstruction",
    "markov_text",
    "mnist1d",
    "split",
    "two_digits",
]
