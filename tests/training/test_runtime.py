"""Settings of the process that trains."""

import logging

import pytest
import torch

from sharegap.training.runtime import configure_process

GPU_SETTINGS = [
    (torch.backends.cuda.matmul, "allow_tf32", False),
    (torch.backends.cudnn, "allow_tf32", False),
    (torch.backends.cudnn, "deterministic", True),
]


@pytest.fixture
def changed():
    """Other settings, until the test ends."""
    before = [getattr(backend, name) for backend, name, _ in GPU_SETTINGS]
    for backend, name, value in GPU_SETTINGS:
        setattr(backend, name, not value)
    yield
    for (backend, name, _), value in zip(GPU_SETTINGS, before, strict=True):
        setattr(backend, name, value)


@pytest.mark.usefixtures("changed")
def test_a_gpu_rounds_as_a_cpu_does_and_repeats_figures():
    configure_process()
    for backend, name, value in GPU_SETTINGS:
        assert getattr(backend, name) is value, name


def test_advice_of_both_packages_of_lightning_is_silenced():
    """Once `lightning` is imported, it writes the messages of `pytorch_lightning` too."""
    pytest.importorskip("lightning.pytorch")
    configure_process()
    for name in ("lightning.pytorch", "lightning.fabric", "pytorch_lightning", "lightning_fabric"):
        assert not logging.getLogger(f"{name}.utilities.rank_zero").isEnabledFor(logging.WARNING), name
