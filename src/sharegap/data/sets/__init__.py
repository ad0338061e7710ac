"""Published and synthetic data sets, one function each."""

from sharegap.data.sets.cifar import cifar10, cifar10_jpeg
from sharegap.data.sets.digits import digit_pairs, digits, digits_reconstruction, two_digits
from sharegap.data.sets.dsd import dsd
from sharegap.data.sets.markov_text import markov_text
from sharegap.data.sets.mnist import fashion_mnist, mnist, two_fashion_mnist, two_mnist
from sharegap.data.sets.mnist1d import mnist1d
from sharegap.data.sets.omniglot import omniglot, omniglot_pairs
from sharegap.data.sets.tinyshakespeare import tinyshakespeare

__all__ = [
    "cifar10",
    "cifar10_jpeg",
    "digit_pairs",
    "digits",
    "digits_reconstruction",
    "dsd",
    "fashion_mnist",
    "markov_text",
    "mnist",
    "mnist1d",
    "omniglot",
    "omniglot_pairs",
    "tinyshakespeare",
    "two_digits",
    "two_fashion_mnist",
    "two_mnist",
]
