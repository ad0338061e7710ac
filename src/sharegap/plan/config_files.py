"""Which file an option of a composed config is from."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from sharegap.plan.configs import Choice, choices

Place = Sequence[str | int]
"""The keys that lead to an option, e.g. ("training", "steps")."""


@dataclass(frozen=True)
class ConfigFile:
    """A file that a config was composed from.

    Args:
        label: how the user finds it.
        text: what stands in it.
        options: the same, as it lies in the config.
    """

    label: str
    text: str
    options: Mapping[str, Any]

    def has(self, place: Place) -> bool:
        """Whether it says something of this option."""
        try:
            self.value(place)
        except (KeyError, IndexError, TypeError):
            return False
        return True

    def value(self, place: Place) -> Any:
        """What it says of this option."""
        value: Any = self.options
        for key in place:
            value = value[key]
        return value


def chosen_names(config: DictConfig, chosen: Mapping[str, str | None]) -> dict[str, str]:
    """By group, the name of the file that a config was composed from.

    Not every config comes with its choices: a section's file has the section's name, too.

    Args:
        config: a composed config; that of a sweep's job knows its choices itself.
        chosen: what is known of its choices.
    """
    names = {}
    for group, section in cast(dict[str, Any], OmegaConf.to_container(config)).items():
        if isinstance(section, dict):
            names[group] = section.get("name")
    if "hydra" in config:
        names |= dict(config.hydra.runtime.choices)
    elif HydraConfig.initialized():
        # Of the program that runs, which need not be what this config is from.
        names = dict(HydraConfig.get().runtime.choices) | {group: name for group, name in names.items() if name}
    names |= chosen
    return {group: name for group, name in names.items() if isinstance(name, str) and "/" not in group}


def files_of(config: DictConfig, names: Mapping[str, str]) -> list[ConfigFile]:
    """The files of these names, and those that they build on."""
    files: list[ConfigFile] = []
    for group, name in names.items():
        files.extend(_chain(group, name))
    for name in config.get("regularizer") or []:
        files.extend(_chain("regularizer", str(name)))
    return files


def label_of(choice: Choice) -> str:
    """The path of a file, as the user knows it."""
    if choice.provider == "sharegap":
        return f"conf/{choice.group}/{choice.file.name}"
    return str(choice.file)


def is_referred_to(place: Place, text: str) -> bool:
    """Whether a value in a YAML text refers to this option, as `${dataset.path}` or `${.path}` does."""
    absolute, relative = ".".join(map(str, place)), str(place[-1])
    names = rf"(?:{re.escape(absolute)}|\.+{re.escape(relative)})"
    return re.search(rf"\$\{{(?:[^}}]*[^\w.}}])?{names}\b", text) is not None


def _chain(group: str, name: str) -> Iterator[ConfigFile]:
    choice = choices(group).get(name)
    if choice is None:
        return
    text = choice.file.read_text(encoding="utf-8")
    options: Any = OmegaConf.to_container(OmegaConf.create(text))
    parents = options.pop("defaults", [])
    is_global = re.search(r"^# *@package +_global_", text, re.MULTILINE)
    yield ConfigFile(label_of(choice), text, options if is_global else {choice.group: options})
    for parent in parents:
        if isinstance(parent, str) and parent != "_self_":
            yield from _chain(group, parent)
