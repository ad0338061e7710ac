"""The hardware that a training runs on: Lightning's Trainer and its options."""

from typing import Any

import torch
from omegaconf import DictConfig
from pytorch_lightning import Trainer
from pytorch_lightning.plugins.environments import LightningEnvironment
from pytorch_lightning.utilities import rank_zero_only
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from sharegap.errors import UserError
from sharegap.plan.targets import instantiate

OPTIONS = ("accelerator", "devices", "num_nodes", "strategy", "precision")
"""Of these the precision alone changes figures, and it is part of a run's identity."""


def prepare_hardware(trainer: DictConfig) -> None:
    """Check the options of Lightning's Trainer, before anything is trained.

    Args:
        trainer: the options.

    Raises:
        UserError: for options that Lightning or the machine does not have, or that would change figures.
    """
    for name in map(str, trainer):
        if name not in OPTIONS:
            raise UserError(
                f"trainer.{name} must be left out: the trainer's options are {', '.join(OPTIONS)}, and what decides "
                "figures is an option of training or optimizer"
            )
    if str(trainer.precision) in ("16", "16-mixed"):
        raise UserError(
            f"trainer.precision must be another than {trainer.precision}, where one run that diverges would stop all: "
            "use bf16-mixed"
        )
    if trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise UserError("the trainer asks for a GPU and there is none here: use trainer=cpu")
    if _is_one_process(trainer):
        rank_zero_only.rank = 0  # type: ignore[attr-defined]  # whatever others' variables say, e.g. RANK=1
    try:
        Trainer(**trainer_options(trainer), logger=False, enable_checkpointing=False)
    except (MisconfigurationException, ValueError, TypeError, RuntimeError) as error:
        raise UserError(f"Lightning refuses these trainer options: {str(error).splitlines()[0]}") from error


def trainer_options(trainer: DictConfig) -> dict[str, Any]:
    """Return the options of Lightning's Trainer, with fresh objects where they name some."""
    options = dict(instantiate(trainer, _convert_="all"))
    if _is_one_process(trainer):
        # In a Slurm job Lightning would handle its signals, and load checkpoints that another run left behind.
        options["plugins"] = [LightningEnvironment()]
    return options


def is_rank_zero() -> bool:
    """Return whether this is the only or the first process of a training, which alone writes and prints."""
    return rank_zero_only.rank == 0  # type: ignore[attr-defined]


def _is_one_process(trainer: DictConfig) -> bool:
    return trainer.devices == 1 and trainer.get("num_nodes", 1) == 1
