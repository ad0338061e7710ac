from hashlib import sha256

import numpy as np
import torch

from sharegap.data.sets import mnist1d
from sharegap.data.sets.mnist1d import generate

# Of the published arrays, rounded to 9 decimals: floating point may differ in the last bits between machines.
PUBLISHED = "2b16ea217d32f603eaec2108599d8279cee3698cd2ec23222b6f66f878c11b0e"


def test_published_arrays(shared_data):
    published = np.load(shared_data / "mnist1d" / "mnist1d.npz")
    x, y = generate()
    assert np.array_equal(y, np.concatenate([published["y"], published["y_test"]]))
    assert np.abs(x - np.concatenate([published["x"], published["x_test"]])).max() < 1e-12


def test_hash_of_published_arrays():
    x, y = generate()
    content = (np.round(x, 9) + 0.0).astype("<f8").tobytes() + y.astype("<i8").tobytes()
    assert sha256(content).hexdigest() == PUBLISHED


def test_shuffled_permutes_positions():
    """All samples have the same permutation."""
    plain, shuffled = mnist1d(), mnist1d(shuffled=True)
    assert torch.equal(plain.y, shuffled.y)
    order = [int((plain.x[:, 0] == column.unsqueeze(1)).all(0).nonzero()) for column in shuffled.x[:, 0].T]
    assert sorted(order) == list(range(40))
    assert order != sorted(order)
    assert torch.equal(plain.x_test[..., order], shuffled.x_test)
