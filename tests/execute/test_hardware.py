"""The options of the trainer choose hardware, and no figures."""

import pytest
import torch
from omegaconf import OmegaConf
from pytorch_lightning.plugins.environments import LightningEnvironment
from pytorch_lightning.utilities import rank_zero_only

from sharegap.errors import UserError
from sharegap.execute.hardware import gpu_names, is_rank_zero, prepare_hardware, trainer_options

CPU = {"accelerator": "cpu", "devices": 1, "precision": "32-true"}


@pytest.mark.parametrize(
    "strategy",
    [
        {"_target_": "pytorch_lightning.strategies.FSDPStrategy"},
        {"_target_": "pytorch_lightning.strategies.DDPStrategy", "start_method": "spawn"},
    ],
)
def test_refuses_strategies_without_fleets(strategy):
    with pytest.raises(UserError, match=r"trainer\.strategy must be DDPStrategy, .* use trainer=ddp"):
        prepare_hardware(OmegaConf.create(CPU | {"strategy": strategy}))


def test_one_process_is_the_first(monkeypatch):
    """Whatever the variables of a scheduler said when Lightning was imported."""
    monkeypatch.setattr(rank_zero_only, "rank", 3)
    prepare_hardware(OmegaConf.create(CPU))
    assert is_rank_zero()


def test_one_process_ignores_slurm(monkeypatch):
    for name, value in {"SLURM_NTASKS": "2", "SLURM_JOB_ID": "7", "SLURM_JOB_NAME": "job", "SLURM_PROCID": "1"}.items():
        monkeypatch.setenv(name, value)
    prepare_hardware(OmegaConf.create(CPU))
    [environment] = trainer_options(OmegaConf.create(CPU))["plugins"]
    assert isinstance(environment, LightningEnvironment)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"accelerator": "cpu", "devices": 2}, []),
        ({"accelerator": "gpu", "devices": 1}, ["GPU 0"]),
        ({"accelerator": "auto", "devices": 2}, ["GPU 0", "GPU 1"]),
        ({"accelerator": "cuda", "devices": [1]}, ["GPU 1"]),
    ],
)
def test_gpus_that_are_trained_on_are_named(monkeypatch, options, names):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", "GPU {}".format)
    assert gpu_names(OmegaConf.create(options)) == names
