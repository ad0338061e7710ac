"""Labels that say nothing of the inputs (Zhang et al. 2017): what a network learns by heart has no other use."""

from dataclasses import replace

import numpy as np
import torch

from sharegap.data.dataset import Dataset
from sharegap.errors import UserError

SEED = 0


def with_random_labels(dataset: Dataset) -> Dataset:
    """The data set with a class drawn at random, each alike, for every sample of its training part (samples,).

    They are drawn once, so that a sample keeps its label in every run; training and validation samples have such
    labels, test samples their true ones. Raises UserError where a target is no class, or there are several.
    """
    if not dataset.classes or dataset.y.dim() != 1:
        raise UserError("labels can be drawn at random only where each sample has one class: choose another data set")
    labels = np.random.default_rng(SEED).integers(dataset.classes, size=len(dataset.y))
    return replace(dataset, y=torch.from_numpy(labels), strata=labels)
