"""A command as a Hydra program."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import hydra
from omegaconf import DictConfig

from sharegap.commands.arguments import parse
from sharegap.commands.explain import one_line_errors
from sharegap.commands.terminal import warn_in_one_line
from sharegap.plan.config_folders import MODULE, named_folders
from sharegap.plan.configs import HYDRA_BEHAVIOUR
from sharegap.plan.targets import allow_targets_in
from sharegap.plan.typed import as_typed


def run_program(task: Callable[[DictConfig], Any], config_name: str, arguments: Sequence[str]) -> None:
    """Run `task` as a Hydra program; a user's mistake ends it with one line and exit code 2, without a traceback.

    Args:
        task: takes the composed config.
        config_name: the name of the program's config in conf/.
        arguments: the words of the command line after the command.
    """
    typed = sys.argv

    @hydra.main(config_path=f"pkg://{MODULE}", config_name=config_name, **HYDRA_BEHAVIOUR)
    def program(config: DictConfig) -> Any:
        sys.argv = typed  # Lightning starts the other processes of a distributed training with it
        with one_line_errors(config_name, line.overrides):  # before Hydra sees the error, and prints it too
            return task(config)

    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then leaves errors in the options to us
    warn_in_one_line()
    with one_line_errors():
        line = parse(arguments)
    with named_folders(line.folders), one_line_errors(config_name, line.overrides):
        for override in line.overrides:
            allow_targets_in(override)
        is_sweep = bool({"-m", "--multirun"} & set(line.flags))
        overrides = [as_typed(override, is_sweep) for override in line.overrides]
        sys.argv = [typed[0], *line.flags, *overrides]  # which is where Hydra looks
        try:
            program()
        finally:
            sys.argv = typed
