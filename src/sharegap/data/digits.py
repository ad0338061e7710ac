"""The 1,797 handwritten 8×8 digits of the UCI repository that scikit-learn ships (Alpaydin & Kaynak 1998)."""

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sharegap.data.dataset import Dataset

TEST = 500


def digits() -> Dataset:
    """Images (samples, 1, 8, 8), standardized over the training part; a fixed stratified 500 are the test part."""
    images, labels = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(images, labels, test_size=TEST, random_state=0, stratify=labels)
    mean, std = x.mean(), x.std()

    def tensor(part: object) -> torch.Tensor:
        return torch.as_tensor((part - mean) / std).float().reshape(-1, 1, 8, 8)

    return Dataset(tensor(x), torch.as_tensor(y), tensor(x_test), torch.as_tensor(y_test), classes=10)
