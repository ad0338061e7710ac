"""What a run is: the resolved part of a config that decides its figures, and the hash of it."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from omegaconf import DictConfig

from sharegap.data.fingerprint import fingerprint
from sharegap.errors import unknown_name
from sharegap.plan.options import read_options
from sharegap.plan.user_code import fingerprint_code, targets_in

PROTOCOL = 3
"""Raised when the protocol changes what a config's figures would be; runs of another version are others."""

SEARCH_KEYS = {"grid", "range", "bounds"}
"""What a section says about the search for its strength: not what a run is."""
METHOD_KEYS = {"tunes", "path", "path_position", "control"}
"""What a sharing strategy says about itself as a method: not what a run is, either."""
SCHEDULE = ("warmup_steps", "final_lr", "clip_norm")
"""The numbers of `training` that a run may have or not."""
PATHS = ("path", "test_path")
"""The options of a data set that name a file, which counts by its content."""
ANCHORS = ("chance", "linear", "neighbours")
"""What scores samples without a network: `sharegap.execute.anchors` measures them."""


@dataclass(frozen=True)
class Run:
    """One training.

    Args:
        config: what decides its figures as plain data, without paths, device and logger.
    """

    config: dict[str, Any]

    @classmethod
    def of(cls, config: DictConfig, chosen: Mapping[str, str | None] | None = None) -> "Run":
        """Return the run that a composed config describes.

        Args:
            config: as composed.
            chosen: by group, the names of the files that it was composed from, if they are known.

        Raises:
            UserError: for options that no run can have.
        """
        return cls(_identity(read_options(config, chosen or {}))).with_numbers({})

    @classmethod
    def of_json(cls, text: str) -> "Run":
        """Return the run whose `json` this is."""
        config = json.loads(text)
        config.pop("protocol", None)
        return cls(config)

    def with_numbers(self, numbers: Mapping[str, float]) -> "Run":
        """Return this run with some per-run numbers replaced, by their paths, e.g. `sharing.strength`."""
        config = copy.deepcopy(self.config)
        paths = per_run_numbers(config)
        for path in numbers.keys() - paths:
            raise unknown_name("per-run number", path, paths)
        for path in paths:
            section, leaf = _locate(config, path)
            number = numbers.get(path, section[leaf])
            # One form for each number, so that 1, 1.0 and 1e0 are the same run.
            section[leaf] = int(number) if path == "seed" else float(number)
        return Run(config)

    def as_anchor(self, name: str) -> "Run":
        """Return what measures an anchor, one of ANCHORS, on the samples of this run."""
        return Run(self.config | {"anchor": name})

    @cached_property
    def id(self) -> str:
        """The run's identity, 16 hexadecimal digits."""
        return digest(self.json)

    @property
    def json(self) -> str:
        """The config and the protocol's version as JSON with sorted keys."""
        return json.dumps(self.config | {"protocol": PROTOCOL}, sort_keys=True)

    @cached_property
    def structure(self) -> str:
        """The config without its per-run numbers: runs that agree in it can be one fleet."""
        config = copy.deepcopy(self.config)
        for path in per_run_numbers(config):
            section, leaf = _locate(config, path)
            del section[leaf]
        return json.dumps(config, sort_keys=True)


def trains_itself(config: Mapping[str, Any]) -> bool:
    """Whether the model of a run is a LightningModule that trains by itself, in a Trainer of its own."""
    return config["model"].get("trainer") is not None


def per_run_numbers(config: Mapping[str, Any]) -> list[str]:
    """The paths of the numbers in which the runs of a fleet may differ."""
    paths = ["seed", "optimizer.lr"]
    if "strength" in config["sharing"]:
        paths.append("sharing.strength")
    paths += [f"training.{name}" for name in SCHEDULE if name in config["training"]]
    return paths + [f"regularizer.{name}.strength" for name in config["regularizer"]]


def digest(text: str) -> str:
    """16 hexadecimal digits of the text's SHA-256."""
    return sha256(text.encode()).hexdigest()[:16]


def _locate(config: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *parents, leaf = path.split(".")
    for parent in parents:
        config = config[parent]
    return config, leaf


def _identity(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options without what a search would try, and with what lies at a data set's path instead of the path."""
    identity = _without({"method"}, options)
    identity["sharing"] = _without(SEARCH_KEYS | METHOD_KEYS, options["sharing"])
    identity["model"] = _without(SEARCH_KEYS, options["model"])
    identity["regularizer"] = {name: _without(SEARCH_KEYS, entry) for name, entry in options["regularizer"].items()}
    # What is null there is not done, as before these options were there.
    identity["training"] = {key: value for key, value in options["training"].items() if value is not None}
    if trains_itself(options):
        identity["training"] = _without(set(SCHEDULE), identity["training"])
        identity["optimizer"] = {"name": "own", "lr": identity["model"].pop("lr_factor")}
    identity["dataset"] = _with_fingerprint(options["dataset"])
    identity["dataset"]["load"] = _with_fingerprint(options["dataset"]["load"])
    code = fingerprint_code(targets_in(identity))
    return identity | ({"code": code} if code else {})


def _without(keys: set[str], section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key not in keys}


def _with_fingerprint(section: Mapping[str, Any]) -> dict[str, Any]:
    paths = {name: section[name] for name in PATHS if section.get(name) is not None}
    return dict(section) | {name: fingerprint(path, f"dataset.{name}") for name, path in paths.items()}
