"""Data sets as tensors, and split indices. Plain PyTorch and numpy."""

from sharegap.data.cifar import cifar10, cifar10_jpeg
from sharegap.data.dataset import Dataset, split
from sharegap.data.digits import digit_pairs, digits, digits_reconstruction, two_digits
from sharegap.data.markov_text import markov_text
from sharegap.data.mnist import fashion_mnist, mnist, two_fashion_mnist, two_mnist
from sharegap.data.mnist1d import mnist1d
from sharegap.data.omniglot import omniglot, omniglot_pairs
from sharegap.data.tinyshakespeare import tinyshakespeare

__all__ = [
    "Dataset",
    "cifar10",
    "cifar10_jpeg",
    "digit_pairs",
    "digits",
    "digits_reconstruction",
    "fashion_mnist",
    "markov_text",
    "mnist",
    "mnist1d",
    "omniglot",
    "omniglot_pairs",
    "split",
    "tinyshakespeare",
    "two_digits",
    "two_fashion_mnist",
    "two_mnist",
]
