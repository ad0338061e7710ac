"""The options of the trainer choose hardware, and no figures."""

import pytest
from omegaconf import OmegaConf
from pytorch_lightning.plugins.environments import LightningEnvironment
from pytorch_lightning.utilities import rank_zero_only

from sharegap.errors import UserError
from sharegap.execute.hardware import is_rank_zero, prepare_hardware, trainer_options

CPU = {"accelerator": "cpu", "devices": 1, "precision": "32-true"}


@pytest.mark.parametrize(
    "option",
    ["fast_dev_run", "gradient_clip_val", "limit_test_batches", "accumulate_grad_batches", "max_epochs", "max_time"],
)
def test_refuses_what_changes_figures(option):
    with pytest.raises(UserError, match=rf"trainer\.{option} must be left out: the trainer's options are accelerator"):
        prepare_hardware(OmegaConf.create(CPU | {option: 1}))


@pytest.mark.parametrize("precision", ["16-mixed", "16", 16])
def test_refuses_one_loss_scaler_for_all(precision):
    with pytest.raises(UserError, match=r"trainer\.precision must be another than 16.*: use bf16-mixed"):
        prepare_hardware(OmegaConf.create(CPU | {"precision": precision}))


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
