"""What is known of the published data sets, checked on the real files where they are."""

import time

import numpy as np
import pytest
import torch

from sharegap.data.cache import cached_arrays
from sharegap.data.duplicates import with_duplicates
from sharegap.data.sets import cifar10_jpeg, fashion_mnist, mnist, omniglot, tinyshakespeare
from sharegap.data.sets.cifar import ARRAYS, JPEG_FILES
from sharegap.data.sets.mnist import load_images
from sharegap.data.sets.omniglot import load_drawings


@pytest.mark.parametrize(
    ("load", "labels", "labels_test"),
    [(mnist, [5, 0, 4, 1, 9], [7, 2, 1, 0, 4]), (fashion_mnist, [9, 0, 0, 3, 0], [9, 2, 1, 1, 6])],
)
def test_mnist_sizes_and_first_labels(shared_data, load, labels, labels_test):
    dataset = load()
    assert dataset.x.shape == (60000, 1, 28, 28)
    assert dataset.x_test.shape == (10000, 1, 28, 28)
    assert dataset.y[:5].tolist() == labels
    assert dataset.y_test[:5].tolist() == labels_test


def test_mnist_class_frequencies(shared_data):
    x, y, _, y_test = load_images("mnist")
    assert np.bincount(y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert x.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert x.std() / 255 == pytest.approx(0.3081, abs=5e-5)


def test_fashion_mnist_balance_and_loading_time(shared_data):
    """It loads from the cache in two seconds."""
    _, y, _, y_test = load_images("fashion-mnist")
    assert np.bincount(y).tolist() == [6000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10
    start = time.process_time()
    fashion_mnist()
    assert time.process_time() - start < 2


def test_cifar10_balance_and_channel_means(shared_data):
    cifar10_jpeg()
    x, y, x_test, y_test = cached_arrays("cifar10_jpeg", ARRAYS, JPEG_FILES, lambda *_: pytest.fail("not cached"))
    assert x.shape == (50000, 3, 32, 32)
    assert x_test.shape == (10000, 3, 32, 32)
    assert np.bincount(y).tolist() == [5000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10
    assert x.mean((0, 2, 3)) / 255 == pytest.approx([0.491, 0.482, 0.447], abs=1e-3)


def test_omniglot_alphabets_and_trials(shared_data):
    """The published trials lie within one alphabet each."""
    dataset = omniglot("omniglot28")
    assert dataset.classes == 964
    assert len(dataset.y) == 964 * 15
    background, evaluation = load_drawings("omniglot28")
    assert len(np.unique(background[2])) == 30
    assert len(np.unique(evaluation[2])) == 20
    trials = np.load(shared_data / "omniglot" / "oneshot_runs.npz")
    first = len(background[0])
    for train, test in zip(trials["train_index"], trials["test_index"], strict=True):
        assert len(np.unique(evaluation[2][np.concatenate([train, test]) - first])) == 1


def test_tinyshakespeare_symbols_and_beginning(shared_data):
    dataset = tinyshakespeare()
    content = (shared_data / "tinyshakespeare" / "input.txt").read_bytes()
    assert len(content) == 1115394
    assert dataset.classes == 65
    symbols = sorted(set(content.decode()))
    assert "".join(symbols[number] for number in dataset.x[0]) == "First Citizen:\nB"
    assert torch.equal(dataset.x[4, :13], torch.cat([dataset.x[3, 4:], dataset.y[3:4]]))


@pytest.mark.parametrize(
    ("load", "note"),
    [
        (mnist, ""),
        (fashion_mnist, ""),
        (lambda: omniglot("omniglot28"), "1 of the 4,820 test samples equal a training sample, 1 with the same"),
        (tinyshakespeare, "138 of the 27,661 test samples (0.5%) equal a training sample, 81 with the same target."),
    ],
)
def test_equal_samples_are_as_documented(shared_data, load, note):
    """No published split moves for them."""
    dataset = with_duplicates(load())
    assert dataset.duplicates is None
    assert dataset.duplicates_note.startswith(note)
    assert bool(note) == bool(dataset.duplicates_note)
