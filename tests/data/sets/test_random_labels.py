import numpy as np
import pytest
import torch

from sharegap.data.sets import digits, digits_reconstruction, two_digits
from sharegap.data.sets.random_labels import with_random_labels
from sharegap.data.split import split
from sharegap.errors import UserError
from sharegap.execute.build import load_dataset
from tests.helpers import make_run


def test_training_labels_are_random():
    """Test labels are the true ones."""
    plain, drawn = digits(), with_random_labels(digits())
    assert drawn.y.dtype == plain.y.dtype
    assert drawn.y.shape == plain.y.shape
    assert torch.equal(drawn.x, plain.x)
    assert torch.equal(drawn.y_test, plain.y_test)
    # A right one by chance in ten: 130 of 1,297, and 11 the standard deviation.
    assert 85 < (drawn.y == plain.y).sum() < 175
    assert drawn.y.bincount(minlength=10).min() > 85


def test_labels_are_drawn_once():
    assert torch.equal(with_random_labels(digits()).y, with_random_labels(digits()).y)


def test_splits_are_stratified_by_random_labels():
    drawn = with_random_labels(digits())
    train, validation = split(drawn, 0, 500, 300)
    for part in (train, validation):
        counts = np.bincount(drawn.y[part], minlength=10)
        assert counts.max() - counts.min() <= 0.3 * counts.mean()


@pytest.mark.parametrize("others", [two_digits, digits_reconstruction])
def test_other_targets_are_refused(others):
    with pytest.raises(UserError, match="must replace one class per sample"):
        with_random_labels(others())


def test_wrapped_in_a_config():
    wrapped = ["dataset.load._target_=sharegap.data.sets.random_labels.with_random_labels"]
    wrapped += ["+dataset.load.dataset._target_=sharegap.data.sets.digits"]
    run = make_run("dataset=digits", "model=local2d", *wrapped)
    assert torch.equal(load_dataset(run).y, with_random_labels(digits()).y)
