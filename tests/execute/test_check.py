import pytest

from sharegap.execute.check import compatible_models

IMAGES = ["patches", "patches2d", "residual"]
FITTING = [
    ((1, 16), (3,), ["local1d", "patches", "patches2d", "recurrent", "residual"]),
    ((1, 16), (16,), ["autoencoder", "local1d", "patches", "patches2d", "recurrent", "residual"]),
    ((3, 16, 12), (1,), ["local2d", *IMAGES]),
    ((3, 16, 12), (4, 2), ["multitask"]),
    ((2, 1, 9, 9), (), ["siamese"]),
    ((1, 9, 9), (), []),
    ((11,), (40, 1), ["per_task"]),
    ((16,), (65,), ["language"]),
]


@pytest.mark.parametrize(("sample", "output", "models"), FITTING, ids=str)
def test_compatible_models_by_shape(sample, output, models):
    """The models that take a shape are those that can be built for it."""
    assert compatible_models(sample, output) == models


def test_compatible_models_ignore_sizes():
    """A default that is too large for the samples is no reason to leave a model out."""
    assert "local1d" in compatible_models((1, 1), (2,))
