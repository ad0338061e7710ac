"""The hardware that a training runs on: Lightning's Trainer and its options."""

from typing import Any

import torch
from omegaconf import DictConfig
from pytorch_lightning import Trainer
from pytorch_lightning.plugins.environments import LightningEnvironment
from pytorch_lightning.strategies import DDPStrategy
from pytorch_lightning.utilities import rank_zero_only
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from sharegap.errors import UserError
from sharegap.plan.targets import instantiate


def prepare_hardware(trainer: DictConfig) -> None:
    """Check that this machine has what the options of Lightning's Trainer ask for, before anything is trained.

    Args:
        trainer: the options.

    Raises:
        UserError: for what Lightning, a fleet or the machine cannot do.
    """
    if trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise UserError("the trainer asks for a GPU and there is none here: use trainer=cpu")
    ignore_other_ranks(trainer)
    options = trainer_options(trainer)
    strategy = options.get("strategy")
    is_fit = isinstance(strategy, DDPStrategy) and strategy._start_method == "popen"
    if not is_fit and not isinstance(strategy, str | None):
        raise UserError(
            f"trainer.strategy must be DDPStrategy, with processes of their own, got {type(strategy).__name__}: use "
            "trainer=ddp"
        )
    try:
        Trainer(**options, logger=False, enable_checkpointing=False)
    except (MisconfigurationException, ValueError, TypeError, RuntimeError, ImportError) as error:
        raise UserError(f"Lightning refuses these trainer options: {str(error).splitlines()[0]}") from error


def ignore_other_ranks(trainer: DictConfig) -> None:
    """Take this process for the first one of its training where it is the only one, whatever RANK and the like say."""
    if is_one_process(trainer):
        rank_zero_only.rank = 0  # type: ignore[attr-defined]


def trainer_options(trainer: DictConfig) -> dict[str, Any]:
    """Return the options of Lightning's Trainer, with fresh objects where they name some."""
    options = dict(instantiate(trainer, _convert_="all"))
    if is_one_process(trainer):
        # In a Slurm job Lightning would handle its signals, and load checkpoints that another run left behind.
        options["plugins"] = [LightningEnvironment()]
    return options


def gpu_names(trainer: DictConfig) -> list[str]:
    """Return the names of this machine's GPUs that a fleet is trained on; none on a CPU."""
    if trainer.accelerator not in ("gpu", "cuda", "auto") or not torch.cuda.is_available():
        return []
    numbers = range(trainer.devices) if isinstance(trainer.devices, int) else trainer.devices
    return [torch.cuda.get_device_name(number) for number in numbers]


def is_rank_zero() -> bool:
    """Return whether this is the only or the first process of a training, which alone writes and prints."""
    return rank_zero_only.rank == 0  # type: ignore[attr-defined]


def is_one_process(trainer: DictConfig) -> bool:
    """Return whether one process on one device trains a fleet."""
    devices = trainer.devices if isinstance(trainer.devices, int) else len(trainer.devices)
    return devices == 1 and trainer.get("num_nodes", 1) == 1
