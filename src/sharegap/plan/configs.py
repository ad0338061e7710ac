"""The folders of configs: sharegap's own, those of packages that extend it, and those that the user names."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig

from sharegap.errors import UserError
from sharegap.plan.targets import allow_targets_in
from sharegap.plan.typed import as_typed

MODULE = "sharegap.conf"
ENTRY_POINTS = "sharegap.configs"
"""The group of entry points in which a package names its module of configs."""

HYDRA_BEHAVIOUR = {"version_base": "1.3"} if version("hydra-core").startswith("1.3.") else {}
"""From 1.4 on, Hydra has one behaviour, and warns of the option."""

_user_folders: ContextVar[tuple[str, ...]] = ContextVar("user_folders", default=())


@dataclass(frozen=True)
class ConfigFolder:
    """A folder of configs.

    Args:
        provider: whose it is: "sharegap", a package, or the folder as the user wrote it.
        location: as in Hydra's search path, "pkg://module" or "file://folder".
        root: the folder itself.
    """

    provider: str
    location: str
    root: Traversable

    def choices(self, group: str) -> dict[str, Traversable]:
        """The files of a group by name; "" stands for the programs' own configs."""
        folder = self.root.joinpath(group)
        if not folder.is_dir():
            return {}
        found = {}
        for file in folder.iterdir():
            if file.name.endswith(".yaml"):
                found[file.name.removesuffix(".yaml")] = file
        return found


@dataclass(frozen=True)
class Choice:
    """One value that an option of a group may take.

    Args:
        file: that holds it.
        provider: whose it is.
    """

    file: Traversable
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


@contextmanager
def named_folders(folders: Sequence[str]) -> Iterator[None]:
    """Compose with the folders of configs that the user names, too.

    Args:
        folders: paths, or as in Hydra's search path, e.g. "pkg://my_package.conf".

    Raises:
        UserError: for one that does not exist, or that has a file of a name that exists already.
    """
    token = _user_folders.set(tuple(folders))
    try:
        _check_names()
        for folder in _named():
            for group in (*groups(), ""):
                for file in folder.choices(group).values():
                    allow_targets_in(file.read_text(encoding="utf-8"))
        yield
    finally:
        _user_folders.reset(token)


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
    for override in overrides:
        allow_targets_in(override)
    with open_configs([config_dir] if config_dir else []):
        return compose(name, [as_typed(override) for override in overrides])


def choices(group: str) -> dict[str, Choice]:
    """What an option of this group may be, by name and in alphabetical order.

    A sharing strategy and a regularizer are methods, too.
    """
    found: dict[str, Choice] = {}
    sources = ("sharing", "regularizer", "method") if group == "method" else (group,)
    for source in sources:
        for folder in config_folders():
            for name, file in folder.choices(source).items():
                found[name] = Choice(file, folder.provider)
    if group == "method":
        found.pop("independent", None)  # its method is `none`
    return dict(sorted(found.items()))


def groups() -> list[str]:
    """The groups of options, e.g. "dataset"."""
    return sorted(entry.name for entry in files(MODULE).iterdir() if entry.is_dir() and entry.name[0] != "_")


def config_folders() -> list[ConfigFolder]:
    """All folders of configs: sharegap's own, then those of packages, then those that the user names."""
    return [ConfigFolder("sharegap", f"pkg://{MODULE}", files(MODULE)), *extensions()]


def extensions() -> list[ConfigFolder]:
    """The folders of configs beside sharegap's own."""
    return [*_installed(), *_named()]


def register_methods() -> None:
    """Make `method=soft` mean `sharing=soft`, and `method=dropout` mean `regularizer=[dropout]`, for all there are."""
    store = ConfigStore.instance()
    store.repo.pop("method", None)
    for folder in config_folders():
        for name in folder.choices("sharing"):
            facts = {key: f"${{oc.select:sharing.{key},null}}" for key in ("tunes", "path", "path_position")}
            _store_method(store, name, {"override /sharing": name}, facts)
        for name in folder.choices("regularizer"):
            _store_method(store, name, {"override /regularizer": [name]}, {"tunes": f"regularizer.{name}.strength"})


def _store_method(store: ConfigStore, name: str, change: dict[str, object], facts: dict[str, str]) -> None:
    node = {"defaults": [change, "_self_"], "method": facts}
    store.store(name=name, node=node, group="method", package="_global_", provider="sharegap")


def _installed() -> list[ConfigFolder]:
    folders = []
    for entry in sorted(entry_points(group=ENTRY_POINTS)):
        folders.append(ConfigFolder(entry.name, f"pkg://{entry.value}", _package_root(entry.value, entry.name)))
    return folders


def _named() -> list[ConfigFolder]:
    folders = []
    for name in _user_folders.get():
        if name.startswith("pkg://"):
            folders.append(ConfigFolder(name, name, _package_root(name.removeprefix("pkg://"), name)))
            continue
        path = Path(name.removeprefix("file://")).absolute()
        if not path.is_dir():
            raise UserError(f"there is no folder of configs {name}")
        folders.append(ConfigFolder(name, f"file://{path}", path))
    return folders


def _package_root(module: str, provider: str) -> Traversable:
    try:
        import_module(module)
    except ImportError as error:
        raise UserError(f"the configs of {provider} are in {module}, which cannot be imported: {error}") from error
    return files(module)


def _check_names() -> None:
    """Refuse two files of one name: Hydra would take the first without a word."""
    for group in (*groups(), ""):
        providers: dict[str, str] = {}
        for folder in config_folders():
            for name in folder.choices(group):
                if name in providers:
                    file = f"{group}/{name}.yaml".removeprefix("/")
                    raise UserError(f"{file} is in {providers[name]} and in {folder.provider}: rename one")
                providers[name] = folder.provider
