"""What every command line of sharegap does around its program: errors that are one sentence."""

import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sharegap.errors import UserError, unknown

CONF = Path(__file__).parents[3] / "conf"
INTERRUPTED = "interrupted: what is finished is stored, and the same command goes on from here"


def run_program(program: Callable[[], Any], config_name: str) -> None:
    """Runs a Hydra program; a user's mistake ends it with one sentence and exit code 2, without a traceback."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then leaves its errors to us
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pytorch_lightning|torchmetrics|lightning_fabric")
    warnings.formatwarning = lambda message, *_, **__: f"sharegap: {message}\n"
    try:
        program()
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
    chain = list(_chain(error))
    for link in chain:
        if isinstance(link, UserError):
            return str(link)
    for link in chain:
        if isinstance(link, MissingConfigException) and link.options:
            group, _, name = (link.missing_cfg_file or "").rpartition("/")
            return str(unknown(group, name, link.options))
        if isinstance(link, OSError):
            return f"{link.strerror or link}: {link.filename or 'a file'} (free some room there or choose another folder)"
    key = re.match(r"Could not override '([^']+)'|Key '([^']+)'", str(error))
    if key:
        return str(unknown("option", key[1] or key[2], _keys(config_name)))
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
