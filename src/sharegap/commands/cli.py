"""What every command does around its task: Hydra, and errors as one line."""

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import hydra
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sharegap.errors import UserError, unknown_name
from sharegap.plan.configs import CONF, choices

INTERRUPTED = "interrupted: finished runs are stored, and the same command resumes"


def run_program(task: Callable[[DictConfig], Any], config_name: str) -> None:
    """Run `task` as a Hydra program; a user's mistake ends it with one line and exit code 2, without a traceback.

    Args:
        task: takes the composed config.
        config_name: the name of the program's config in conf/.
    """

    @hydra.main(version_base="1.3", config_path=str(CONF), config_name=config_name)
    def program(config: DictConfig) -> Any:
        with _one_line_errors(config_name):  # before Hydra sees the error, and prints it too
            return task(config)

    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then leaves errors in the options to us
    warnings.filterwarnings("ignore", module="pytorch_lightning|torchmetrics|lightning_fabric")
    warnings.formatwarning = lambda message, *_, **__: f"sharegap: {message}\n"
    with _one_line_errors(config_name):
        program()


@contextmanager
def _one_line_errors(config_name: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(f"sharegap: {INTERRUPTED}")
    except SystemExit as stop:
        # Lightning turns an interrupt into an exit of its own.
        if isinstance(stop.__context__, KeyboardInterrupt):
            sys.exit(f"sharegap: {INTERRUPTED}")
        raise
    except (UserError, HydraException, OmegaConfBaseException, OSError) as error:
        print(f"sharegap: {explain(error, config_name)}", file=sys.stderr)
        sys.exit(2)


def explain(error: BaseException, config_name: str) -> str:
    """Return one line for an error that a user can mend.

    Args:
        error: what was raised; the errors that caused it are searched too.
        config_name: of the program, for the options that it has.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, UserError):
            return str(cause)
    for cause in causes:
        if isinstance(cause, MissingConfigException) and cause.missing_cfg_file:
            group, _, name = cause.missing_cfg_file.rpartition("/")
            return str(unknown_name(group, name, choices(group)))
        if isinstance(cause, OverrideParseException):
            return f"the option {cause.override!r} cannot be read: {str(cause).splitlines()[0]}"
        if isinstance(cause, OSError):
            path = cause.filename2 or cause.filename or "the output folder"
            return f"{cause.strerror or cause}: {path}; make room there or choose another folder"
    key = re.match(r"Could not override '([^']+)'|Key '([^']+)'", str(error))
    if key:
        return str(unknown_name("option", key[1] or key[2], _option_names(config_name)))
    return " ".join(str(error).split())


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _option_names(config_name: str) -> list[str]:
    """Every option of a program: the groups and the keys of its default config."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = OmegaConf.to_container(compose(config_name))
    assert isinstance(config, Mapping)
    groups = [folder.name for folder in CONF.iterdir() if folder.is_dir()]
    return [*_flatten(config), *groups]


def _flatten(config: Mapping[Any, Any], prefix: str = "") -> Iterator[str]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
