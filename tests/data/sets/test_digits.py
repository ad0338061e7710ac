"""The digits and what is made of them, down to the pixels of the images that scikit-learn ships."""

from functools import cache

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from sharegap.data.sets import digit_pairs, digits, digits_reconstruction, two_digits
from sharegap.data.sets.combine import overlay
from sharegap.data.split import split

IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES = IMAGES.reshape(-1, 8, 8)
SEEDS = range(3)
all_datasets = pytest.mark.parametrize("load", [digits, digits_reconstruction, two_digits, digit_pairs])


def pixels(standardized, like):
    """Back to integers from 0 to 16; `like` is standardized by the same numbers and has both extremes."""
    low, high = like.min(), like.max()
    grey = (standardized - low) / (high - low) * 16
    assert (grey - grey.round()).abs().max() < 1e-4
    return grey.round().squeeze(-3).numpy()


@cache
def numbers_by_pixels():
    """The numbers of the images with given pixels."""
    index = {}
    for number, image in enumerate(IMAGES):
        index.setdefault(image.tobytes(), []).append(number)
    return index


def numbers(images):
    """The number of each image, (...,), of which there must be one."""
    flat = images.reshape(-1, 8, 8).astype(float)
    matches = [numbers_by_pixels()[image.tobytes()] for image in flat]
    assert all(len(match) == 1 for match in matches)
    return np.array(matches).reshape(images.shape[:-2])


@all_datasets
def test_inputs_are_standardized(load):
    dataset = load()
    assert abs(dataset.x.mean().item()) < 1e-5
    assert abs(dataset.x.std().item() - 1) < 1e-4
    assert dataset.x.dtype == dataset.x_test.dtype == torch.float32


@all_datasets
def test_every_call_is_the_same(load):
    first, second = load(), load()
    for name in ("x", "y", "x_test", "y_test"):
        assert torch.equal(getattr(first, name), getattr(second, name))
    assert np.array_equal(first.strata, second.strata)


def test_digits_are_all_1797_images():
    """The test part is fixed and stratified."""
    dataset = digits()
    assert dataset.sample_shape == (1, 8, 8)
    assert dataset.y_test.bincount().min() >= 48  # of 500, in ten classes
    train, test = (numbers(pixels(x, dataset.x)) for x in (dataset.x, dataset.x_test))
    assert sorted([*train, *test]) == list(range(1797))
    assert np.array_equal(LABELS[train], dataset.y)
    assert np.array_equal(LABELS[test], dataset.y_test)


def test_reconstruction_targets_are_the_pixels():
    dataset = digits_reconstruction()
    for x, y in ((dataset.x, dataset.y), (dataset.x_test, dataset.y_test)):
        assert torch.equal(y, x.flatten(1))
    assert dataset.y.shape[1:] == (64,)
    assert dataset.classes == 0


@cache
def pairs_of():
    """The two images of each pair, training and test part."""
    dataset = digit_pairs()
    return tuple(numbers(pixels(x, dataset.x)) for x in (dataset.x, dataset.x_test))


def test_pairs_are_balanced_and_labelled():
    dataset = digit_pairs()
    assert dataset.sample_shape == (2, 1, 8, 8)
    for pairs, targets in zip(pairs_of(), (dataset.y, dataset.y_test), strict=True):
        assert np.array_equal(LABELS[pairs[:, 0]] == LABELS[pairs[:, 1]], targets)
        assert targets.float().mean() == 0.5
        assert len({frozenset(pair) for pair in pairs.tolist()}) == len(pairs)  # of two images, no pair twice
        assert (pairs[:, 0] != pairs[:, 1]).all()
    assert [len(pairs) for pairs in pairs_of()] == [3600, 1000]


def test_each_part_has_digits_of_its_own():
    """Every validation pair has a 5 or 6, every test pair a 7, 8 or 9, and training pairs have none of these."""
    dataset, (pairs, test) = digit_pairs(), (LABELS[pairs] for pairs in pairs_of())
    assert np.isin(pairs[~dataset.validation], (0, 1, 2, 3, 4)).all()
    validation = pairs[dataset.validation]
    assert np.isin(validation, (5, 6)).any(1).all()
    assert (validation < 7).all()
    assert np.isin(test, (7, 8, 9)).any(1).all()


def test_known_pairs_differ_in_the_test_part():
    """That has the training digits, on images that are in no other pair."""
    new, known = digit_pairs(), digit_pairs(new_digits=False)
    assert torch.equal(new.x, known.x)
    assert torch.equal(new.y, known.y)
    test = numbers(pixels(known.x_test, known.x))
    assert np.isin(LABELS[test], (0, 1, 2, 3, 4)).all()
    assert not set(pairs_of()[0].flat) & set(test.flat)
    assert known.y_test.float().mean() == 0.5


def test_split_shares_no_image_of_a_pair():
    dataset, (pairs, test) = digit_pairs(), pairs_of()
    assert not set(pairs.flat) & set(test.flat)
    for seed in SEEDS:
        train, validation = split(dataset, seed, 1500, 600)
        assert dataset.validation[validation].all()
        assert not set(pairs[train].flat) & set(pairs[validation].flat)
        for part in (train, validation):
            assert dataset.y[part].float().mean() == 0.5


@cache
def overlaid():
    """The two images of each training sample of `two_digits`, as its pixels allow."""
    part = numbers(pixels(digits().x, digits().x))
    samples = two_digits()
    canvases = pixels(samples.x, samples.x)
    images = IMAGES[part]
    # Where the canvas shows one image alone: its first two rows the left one, its last two the right one.
    left_alone, right_alone = overlay(images, 0 * images)[:, :2], overlay(0 * images, images)[:, -2:]
    candidates = []
    for canvas in canvases:
        left = np.flatnonzero((left_alone == canvas[:2]).all((1, 2)))
        right = np.flatnonzero((right_alone == canvas[-2:]).all((1, 2)))
        tried = np.stack(np.meshgrid(left, right), -1).reshape(-1, 2)
        fits = (overlay(images[tried[:, 0]], images[tried[:, 1]]) == canvas).all((1, 2))
        candidates.append({tuple(part[pair]) for pair in tried[fits]})
    return candidates


def test_targets_are_the_digits_of_both_images():
    samples = two_digits()
    assert samples.sample_shape == (1, 8, 8)
    assert samples.tasks == ("left", "right")
    for possible, targets in zip(overlaid(), samples.y.tolist(), strict=True):
        assert tuple(targets) in {(LABELS[left], LABELS[right]) for left, right in possible}


def test_split_shares_no_overlaid_image():
    samples, candidates = two_digits(), overlaid()
    unique = np.array([len(possible) == 1 for possible in candidates])
    assert unique.mean() > 0.9  # of others the pixels leave open which images they are
    for seed in SEEDS:
        train, validation = (
            {image for sample in part if unique[sample] for image in next(iter(candidates[sample]))}
            for part in split(samples, seed, 1500, 600)
        )
        assert len(train) > 500
        assert not train & validation


def test_partners_is_samples_per_left_image():
    for partners in (1, 3):
        samples = two_digits(partners)
        assert len(samples.y) == 1297 * partners
        assert torch.equal(samples.y[:, 0].bincount(), partners * digits().y.bincount())
    assert len(two_digits().y_test) == 500
    # All partners come up: the right digits are about as frequent.
    assert (two_digits().y[:, 1].bincount(minlength=10) / 389.1 - 1).abs().max() < 0.2
