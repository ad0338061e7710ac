"""Whether an optimizer can train a network, found out before any training."""

import copy
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from sharegap.errors import UserError
from sharegap.plan.targets import instantiate


def check_optimizer(options: dict[str, Any], network: nn.Module) -> None:
    """Build the optimizer as a fleet of one does, and let it take a step without gradients.

    Args:
        options: the section `optimizer` of a run's config.
        network: whose parameters are to be trained.

    Raises:
        UserError: for options that the optimizer refuses, or a network that it cannot train.
    """
    target = options["build"]["_target_"]
    name = target.rpartition(".")[2]
    parameters = []
    for parameter in network.parameters():
        stacked = nn.Parameter(torch.zeros_like(parameter).unsqueeze(0))
        stacked.grad = torch.zeros_like(stacked)
        parameters.append(stacked)
    make = instantiate(copy.deepcopy(options["build"]))
    try:
        optimizer = make(parameters, lr=options["lr"])
        if isinstance(optimizer, Optimizer):
            optimizer.step(lambda: 0.0)
    except (TypeError, ValueError, RuntimeError) as error:
        if not target.startswith("torch."):
            raise  # a user's own, whose traceback is wanted
        given = [f"{option}={value}" for option, value in options["build"].items() if option[0] != "_"]
        raise UserError(
            f"optimizer.build must be what {name} can train this model with, got {', '.join(given) or 'no options'}: "
            f"{str(error).splitlines()[0]}"
        ) from error
    if not isinstance(optimizer, Optimizer):
        raise UserError(f"optimizer.build._target_ must be an optimizer, got {name}")
