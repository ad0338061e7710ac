"""What every registered data set must be: small files in the published formats, and the real ones where they are."""

import numpy as np
import pytest
import torch
from hydra.utils import instantiate

from sharegap.data.sets.omniglot_files import DRAWERS
from sharegap.data.split import split
from sharegap.execute.build import load_dataset
from sharegap.testing import check_dataset
from sharegap.testing.dataset import check_tensors
from sharegap.testing.runs import choices, compose_options, make_run
from sharegap.testing.sites import EXAMPLES, fitting_options


def needs_path(name):
    """Whether a user's own file or folder is to be named."""
    return compose_options(f"dataset={name}").dataset.get("path", "") is None


DATASETS = [name for name in choices("dataset") if not needs_path(name)]
SMALL_FILES = [name for name in DATASETS if name not in EXAMPLES]


def loaded(name):
    return instantiate(compose_options(f"dataset={name}").dataset.load)


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset(name):
    check_dataset(name)


@pytest.mark.parametrize("name", SMALL_FILES)
def test_small_files_train_with_a_model(small_data, trained, name):
    check_tensors(loaded(name), name)
    run = make_run(*fitting_options(name, "dataset.n_train=100", "dataset.n_validation=20"))
    fleet, [row, other] = trained(run, run.with_numbers({"seed": 1}))
    assert not row["diverged"]
    assert row["final_train_loss"] != other["final_train_loss"]
    pool, test = fleet.data.pool, fleet.data.test
    dataset = load_dataset(run)
    for mine, loaded_once in zip((*pool, *test), (dataset.x, dataset.y, dataset.x_test, dataset.y_test), strict=True):
        assert mine.data_ptr() == loaded_once.data_ptr()  # no run has a copy of its own


@pytest.mark.parametrize("name", ["mnist", "cifar10", "omniglot", "omniglot_pairs"])
def test_channels_have_mean_0_and_std_1(small_data, name):
    dataset = loaded(name)
    channels = dataset.x.movedim(-3, 0).flatten(1).double()
    torch.testing.assert_close(channels.mean(1), torch.zeros(len(channels), dtype=torch.double), rtol=0, atol=1e-5)
    torch.testing.assert_close(
        channels.std(1, correction=0), torch.ones(len(channels), dtype=torch.double), rtol=0, atol=1e-5
    )
    assert dataset.x_test.mean() != pytest.approx(0, abs=1e-5)


def images_of(pixels):
    """The content of each image, wherever it is in a sample."""
    return {image.numpy().tobytes() for image in pixels.reshape(-1, *pixels.shape[-2:])}


@pytest.mark.parametrize("name", ["omniglot_pairs", "omniglot28_pairs"])
def test_split_shares_no_character(small_data, name):
    dataset = loaded(name)
    assert (dataset.y == 1).float().mean() == 0.5
    train, validation = split(dataset, 0, 900, 300)
    sides = [images_of(part) for part in (dataset.x[train], dataset.x[validation], dataset.x_test)]
    assert not sides[0] & sides[1]
    assert not (sides[0] | sides[1]) & sides[2]


def test_omniglot_pair_labels(small_data):
    """In the small files drawings of one character are nearer to each other than to others."""
    dataset = loaded("omniglot_pairs")
    distance = (dataset.x[:, 0] - dataset.x[:, 1]).square().flatten(1).mean(1)
    assert distance[dataset.y == 1].mean() < distance[dataset.y == 0].mean()


def test_omniglot_test_drawers_are_new(small_data):
    dataset = loaded("omniglot")
    drawers = dataset.groups % DRAWERS
    assert set(drawers) == set(range(15))
    assert torch.equal(dataset.y.bincount(), torch.full((10,), 15))
    assert torch.equal(dataset.y_test.bincount(), torch.full((10,), 5))


@pytest.mark.parametrize("name", ["two_mnist", "two_fashion_mnist"])
def test_overlaid_images_share_a_group(small_data, name):
    """The first rows and columns show the left image alone, the last ones the right image."""
    dataset = loaded(name)
    left, right = dataset.x[:, 0, :4, :4], dataset.x[:, 0, -4:, -4:]
    assert len(images_of(left)) == len(left)  # each image is the left one once
    train, validation = split(dataset, 0, 400, 100)
    assert not images_of(right[train]) & images_of(right[validation])


def test_text_windows_stay_in_their_block(small_data):
    """The last tenth is the test part; windows of one block never reach into another."""
    text = np.frombuffer((small_data / "tinyshakespeare" / "input.txt").read_bytes(), np.uint8)
    symbols, numbers = np.unique(text, return_inverse=True)
    dataset = loaded("tinyshakespeare")
    assert dataset.classes == len(symbols)
    end = len(text) - len(text) // 10
    windows = torch.cat([dataset.x, dataset.y[:, None]], 1)
    assert windows[0].tolist() == numbers[:17].tolist()
    assert windows[1].tolist() == numbers[4:21].tolist()
    assert dataset.x_test[0].tolist() == numbers[end : end + 16].tolist()
    first_of_second = int(np.flatnonzero(dataset.groups == 1)[0])
    assert windows[first_of_second].tolist() == numbers[2000:2017].tolist()
    assert windows[first_of_second - 1].tolist() == numbers[1980:1997].tolist()
