import numpy as np
import pytest
import torch

from sharegap.data.sets import dsd
from sharegap.errors import UserError


def patches_of(dataset, k):
    """Training patches (samples, k, d), and the sign of each sample's signal (samples,)."""
    return dataset.x.view(len(dataset.x), k, -1).double().numpy(), 2 * dataset.y.numpy() - 1


@pytest.mark.parametrize(("k", "d", "signal"), [(8, 32, 4.0), (4, 16, 6.0)])
def test_signal_is_in_one_patch(k, d, signal):
    """The mean of a patch, by the class, is the signal times 1 / k; the rest is normal noise."""
    dataset = dsd(k, d, signal)
    assert dataset.sample_shape == (1, k * d)
    patches, signs = patches_of(dataset, k)
    means = (patches * signs[:, None, None]).mean(0)
    direction = means.mean(0) / np.linalg.norm(means.mean(0))
    assert means @ direction == pytest.approx(np.full(k, signal / k), abs=5 / np.sqrt(len(patches)) * (1 + signal / 4))
    projections = patches @ direction * signs[:, None]
    found = projections.max(1)
    assert found.mean() == pytest.approx(signal, abs=0.1)
    assert np.square(patches).sum((1, 2)).mean() == pytest.approx(k * d + signal**2, rel=0.01)


def test_class_is_the_sign_of_the_signal():
    """One filter for all patches, the direction as other samples show it, tells nearly all classes."""
    dataset = dsd()
    patches, signs = patches_of(dataset, 8)
    direction = (patches * signs[:, None, None]).mean((0, 1))
    direction *= 4 / np.linalg.norm(direction)
    responses = dataset.x_test.view(-1, 8, 32).double().numpy() @ direction
    evidence = np.exp(responses).sum(1) - np.exp(-responses).sum(1)
    assert ((evidence > 0) == dataset.y_test.numpy()).mean() > 0.97


def test_every_call_is_the_same():
    assert torch.equal(dsd().x, dsd().x)
    assert torch.equal(dsd(redraw=3).x_test, dsd(redraw=3).x_test)
    assert not torch.equal(dsd(redraw=3).x, dsd().x)


@pytest.mark.parametrize("options", [{"k": 0}, {"d": 0}, {"signal": 0}])
def test_sizes_out_of_range_are_refused(options):
    [name] = options
    with pytest.raises(UserError, match=f"dataset.load.{name} must be"):
        dsd(**options)
