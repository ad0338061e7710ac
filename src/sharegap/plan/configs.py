"""Configs as they are composed, and what their options may be."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources.abc import Traversable

from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, open_dict

from sharegap.plan.config_folders import METHOD_GROUPS, MODULE, config_folders, named_folders
from sharegap.plan.targets import allow_targets_in
from sharegap.plan.typed import as_typed

HYDRA_BEHAVIOUR = {"version_base": "1.3"} if version("hydra-core").startswith("1.3.") else {}
"""From 1.4 on, Hydra has one behaviour, and warns of the option."""


@dataclass(frozen=True)
class Choice:
    """One value that an option of a group may take.

    Args:
        file: that holds it.
        group: the folder of configs that the file lies in; a method may be a strategy's or a regularizer's.
        provider: whose it is.
    """

    file: Traversable
    group: str
    provider: str

    @property
    def description(self) -> str:
        """The first sentence of the comment that its file begins with; empty without one."""
        lines = []
        for line in self.file.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                break
            if not line.startswith("# @package"):
                lines.append(line.removeprefix("#").strip())
        sentence, *_ = re.split(r"(?<=[.?!])\s+(?=[A-Z])", " ".join(lines), maxsplit=1)
        return sentence

    @property
    def is_complete(self) -> bool:
        """Whether it can be taken as it is; else an option of it must be given, as one's own network."""
        return "???" not in self.file.read_text(encoding="utf-8")


@contextmanager
def open_configs(folders: Sequence[str] = ()) -> Iterator[None]:
    """Initialize Hydra with all folders of configs, unless it is already, as in a Hydra program."""
    if GlobalHydra.instance().is_initialized():
        yield
        return
    with named_folders(folders), initialize_config_module(MODULE, **HYDRA_BEHAVIOUR):
        yield


def compose_config(overrides: Sequence[str], name: str = "config", config_dir: str | None = None) -> DictConfig:
    """Compose a program's config outside a Hydra program.

    Args:
        overrides: options as on the command line, e.g. "dataset=digits".
        name: of the program's config, "config" for a run, "bench" for a suite.
        config_dir: a folder of configs beside sharegap's own and those of installed packages.

    Example:
        >>> compose_config(["dataset=digits", "sharing=hard"]).sharing.name
        'hard'
    """
    with open_configs([config_dir] if config_dir else []):
        return compose_choices(overrides, name)[0]


def compose_choices(overrides: Sequence[str], name: str) -> tuple[DictConfig, dict[str, str | None]]:
    """Compose a program's config within `open_configs`; return with it the name of each group's file."""
    for override in overrides:
        allow_targets_in(override)
    config = compose(name, [as_typed(override) for override in overrides], return_hydra_config=True)
    chosen = dict(config.hydra.runtime.choices)
    with open_dict(config):
        del config["hydra"]
    return config, chosen


def choices(group: str) -> dict[str, Choice]:
    """What an option of this group may be, by name and in alphabetical order."""
    found: dict[str, Choice] = {}
    for source in METHOD_GROUPS if group == "method" else (group,):
        for folder in config_folders():
            for name, file in folder.choices(source).items():
                found[name] = Choice(file, source, folder.provider)
    if group == "method":
        found.pop("independent", None)  # its method is `none`
    return dict(sorted(found.items()))


def register_methods() -> None:
    """Make `method=soft` mean `sharing=soft`, and `method=dropout` mean `regularizer=[dropout]`, for all there are."""
    store = ConfigStore.instance()
    store.repo.pop("method", None)
    for folder in config_folders():
        for name in folder.choices("sharing"):
            facts = {key: f"${{oc.select:sharing.{key},null}}" for key in ("tunes", "path", "path_position", "control")}
            _store_method(store, name, {"override /sharing": name}, facts)
        for name in folder.choices("regularizer"):
            _store_method(store, name, {"override /regularizer": [name]}, {"tunes": f"regularizer.{name}.strength"})


def _store_method(store: ConfigStore, name: str, change: dict[str, object], facts: dict[str, str]) -> None:
    node = {"defaults": [change, "_self_"], "method": facts}
    store.store(name=name, node=node, group="method", package="_global_", provider="sharegap")
