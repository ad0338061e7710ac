"""Random labels (Zhang et al. 2017): there is nothing to learn, so fitting them is memorization."""

from dataclasses import replace

import numpy as np
import torch

from sharegap.data.dataset import Dataset
from sharegap.errors import UserError

SEED = 0


def with_random_labels(dataset: Dataset) -> Dataset:
    """Replace the labels of the training part by random ones, uniform over the classes.

    They are drawn once, so a sample has the same label in every run. Test samples keep their true labels.

    Args:
        dataset: a data set with one class for each sample.

    Raises:
        UserError: if a target is no class, or there are several.
    """
    if not dataset.classes or dataset.y.dim() != 1:
        raise UserError("random labels must replace one class per sample, got other targets: choose another data set")
    labels = np.random.default_rng(SEED).integers(dataset.classes, size=len(dataset.y))
    return replace(dataset, y=torch.from_numpy(labels), strata=labels)
