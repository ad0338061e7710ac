from hashlib import sha256

import numpy as np
import pytest
import torch

from sharegap.data.sets import mnist1d
from sharegap.data.sets.mnist1d import generate
from sharegap.errors import UserError

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
    plain, shuffled = mnist1d(), mnist1d(shuffled=1.0)
    assert torch.equal(plain.y, shuffled.y)
    order = [int((plain.x[:, 0] == column.unsqueeze(1)).all(0).nonzero()) for column in shuffled.x[:, 0].T]
    assert sorted(order) == list(range(40))
    assert order != sorted(order)
    assert torch.equal(plain.x_test[..., order], shuffled.x_test)


def test_a_share_of_positions_is_permuted():
    """The others stay where they are."""
    plain = mnist1d().x
    for share in (0.0, 0.25, 0.5):
        moved = (mnist1d(shuffled=share).x != plain).any(0).sum()
        assert 40 * share - 2 <= moved <= 40 * share  # a permutation may leave one where it is
    with pytest.raises(UserError, match=r"dataset.load.shuffled must be in \[0, 1\], got 2"):
        mnist1d(shuffled=2)


def test_sign_flips_keep_positions():
    """Half of the positions are reversed, the same ones in every sample."""
    plain, flipped = mnist1d(), mnist1d(flipped=True)
    signs = flipped.x[0, 0] / plain.x[0, 0]
    assert sorted(signs.tolist()) == [-1.0] * 20 + [1.0] * 20
    assert torch.equal(flipped.x_test, plain.x_test * signs)


def test_redraws_follow_the_recipe():
    """They have the published samples' moments, and are no part of them."""
    published, redrawn = generate()[0], generate(7)[0]
    assert np.abs(published.mean(0) - redrawn.mean(0)).max() < 5 * np.sqrt(2 / 5000)
    assert redrawn.std(0) == pytest.approx(published.std(0), rel=0.1)
    assert not set(published[:, 0]) & set(redrawn[:, 0])
    assert (generate(7)[1] == mnist1d(redraw=7).y.tolist() + mnist1d(redraw=7).y_test.tolist()).all()
