"""What every command line of sharegap does around its program: errors that are one sentence."""

import logging
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

INTERRUPTED = "interrupted: what is finished is stored, and the same command goes on from here"


def run_program(task: Callable[[DictConfig], Any], config_name: str) -> None:
    """Runs `task` as a Hydra program; a user's mistake ends it with one sentence and exit code 2, no traceback."""

    @hydra.main(version_base="1.3", config_path=str(CONF), config_name=config_name)
    def program(config: DictConfig) -> Any:
        with _one_sentence(config_name):  # before Hydra sees the error, and tells of it too
            return task(config)

    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then leaves errors in the options to us
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pytorch_lightning|torchmetrics|lightning_fabric")
    warnings.formatwarning = lambda message, *_, **__: f"sharegap: {message}\n"
    with _one_sentence(config_name):
        program()


@contextmanager
def _one_sentence(config_name: str) -> Iterator[None]:
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
    """One sentence for an error that a user can mend."""
    for link in _chain(error):
        if isinstance(link, UserError):
            return str(link)
    for link in _chain(error):
        if isinstance(link, MissingConfigException) and link.missing_cfg_file:
            group, _, name = link.missing_cfg_file.rpartition("/")
            return str(unknown_name(group, name, choices(group)))
        if isinstance(link, OverrideParseException):
            return f"the option {link.override!r} cannot be read: {str(link).splitlines()[0]}"
        if isinstance(link, OSError):
            place = link.filename2 or link.filename or "the output folder"
            return f"{link.strerror or link}: {place}; make room there or choose another folder"
    key = re.match(r"Could not override '([^']+)'|Key '([^']+)'", str(error))
    if key:
        return str(unknown_name("option", key[1] or key[2], _keys(config_name)))
    return " ".join(str(error).split())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _keys(config_name: str) -> list[str]:
    """Every option of a program: the groups and the keys of its default config."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = OmegaConf.to_container(compose(config_name))
    assert isinstance(config, Mapping)
    return [*_flatten(config), *(folder.name for folder in CONF.iterdir() if folder.is_dir())]


def _flatten(config: Mapping[Any, Any], prefix: str = "") -> Iterator[str]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
