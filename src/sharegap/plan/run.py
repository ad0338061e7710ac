"""What a run is: the resolved part of a config that decides its figures, and the hash of it."""

import copy
import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from omegaconf import DictConfig, OmegaConf

from sharegap.data.fingerprint import fingerprint
from sharegap.errors import UserError, unknown_name

PROTOCOL = 1
"""Raised when the protocol changes what a config's figures would be; runs of another version are others."""

DECISIVE = ("dataset", "model", "sharing", "regularizer", "optimizer", "training")


@dataclass(frozen=True)
class Run:
    """One training. `config` is plain data: what decides the figures, without paths, device and logger."""

    config: dict[str, Any]

    @classmethod
    def of(cls, config: DictConfig) -> "Run":
        """The run that a composed config describes."""
        sections = {key: OmegaConf.to_container(config[key], resolve=True) for key in DECISIVE}
        decisive = sections | {"seed": config.seed, "precision": config.trainer.precision}
        return cls(_decisive(decisive)).with_numbers({})

    def with_numbers(self, numbers: dict[str, float]) -> "Run":
        """This run with some per-run numbers replaced, by their paths, e.g. `sharing.strength`."""
        config = copy.deepcopy(self.config)
        paths = per_run_numbers(config)
        for path in numbers.keys() - paths:
            raise unknown_name("per-run number", path, paths)
        for path in paths:
            section, leaf = _locate(config, path)
            section[leaf] = _number(path, numbers.get(path, section[leaf]))
        return Run(config)

    @cached_property
    def id(self) -> str:
        """The run's identity, 16 hexadecimal digits."""
        return digest(self.json)

    @property
    def json(self) -> str:
        return json.dumps(self.config | {"protocol": PROTOCOL}, sort_keys=True)

    @cached_property
    def structure(self) -> str:
        """The config without its per-run numbers: runs that agree in it can be one fleet."""
        config = copy.deepcopy(self.config)
        for path in per_run_numbers(config):
            section, leaf = _locate(config, path)
            del section[leaf]
        return json.dumps(config, sort_keys=True)


def per_run_numbers(config: dict[str, Any]) -> list[str]:
    """The paths of the numbers in which the runs of a fleet may differ."""
    sharing = ["sharing.strength"] if "strength" in config["sharing"] else []
    return ["seed", "optimizer.lr", *sharing, *(f"regularizer.{name}.strength" for name in config["regularizer"])]


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _locate(config: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *parents, leaf = path.split(".")
    for parent in parents:
        config = config[parent]
    return config, leaf


def _number(path: str, value: Any) -> float:
    """One form for each number, so that 1, 1.0 and 1e0 are the same run."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{path} is {value!r}: it must be a number")
    if path != "seed":
        return float(value)
    if value != int(value) or value < 0:
        raise UserError(f"seed is {value!r}: it must be a whole number, 0 or more")
    return int(value)


def _decisive(value: Any) -> Any:
    """Without what a search would try, and with what lies at a path in its place: neither changes what a run is."""
    if isinstance(value, dict):
        return {key: _at(key, inner) for key, inner in value.items() if key not in ("grid", "range")}
    return value


def _at(key: str, value: Any) -> Any:
    return fingerprint(value) if key == "path" and value is not None else _decisive(value)
