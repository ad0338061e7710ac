"""The folders of configs: sharegap's own, those of packages that extend it, and those that the user names."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from omegaconf import DictConfig, ListConfig, OmegaConf
from yaml import YAMLError

from sharegap.errors import UserError
from sharegap.plan.targets import allow_targets_in, extending_packages

MODULE = "sharegap.conf"
METHOD_GROUPS = ("sharing", "regularizer", "method")
"""A sharing strategy and a regularizer are methods, too."""

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
        return dict(_yaml_files(folder, nested=bool(group))) if folder.is_dir() else {}


def _yaml_files(folder: Traversable, nested: bool) -> Iterator[tuple[str, Traversable]]:
    """Files with their names as in an option, `speech/words` for one in a folder of its own."""
    for entry in folder.iterdir():
        if entry.name.endswith(".yaml"):
            yield entry.name.removesuffix(".yaml"), entry
        elif nested and entry.is_dir():
            for name, file in _yaml_files(entry, nested):
                yield f"{entry.name}/{name}", file


@contextmanager
def named_folders(folders: Sequence[str]) -> Iterator[None]:
    """Compose with the folders of configs that the user names, too; inside another such context, with those of both.

    Args:
        folders: paths, or as in Hydra's search path, e.g. "pkg://my_package.conf".

    Raises:
        UserError: for one that does not exist, or that has a file of a name that exists already.
    """
    token = _user_folders.set((*_user_folders.get(), *folders))
    try:
        _check_names()
        for folder in _named():
            for group in (*groups(), ""):
                for file in folder.choices(group).values():
                    allow_targets_in(_read(file))
        yield
    finally:
        _user_folders.reset(token)


def _read(file: Traversable) -> str:
    """The text of a file of configs, which must hold some."""
    try:
        text = file.read_text(encoding="utf-8")
        content = OmegaConf.create(text)
    except (UnicodeDecodeError, YAMLError) as error:
        raise UserError(f"{file} must be YAML: {error}") from error
    if not isinstance(content, DictConfig) or not isinstance(content.get("defaults", ListConfig([])), ListConfig):
        raise UserError(f"{file} must hold options as name: value, and its defaults as a list")
    return text


def groups() -> list[str]:
    """The groups of options, e.g. "dataset"."""
    return sorted(entry.name for entry in files(MODULE).iterdir() if entry.is_dir() and entry.name[0] != "_")


def config_folders() -> list[ConfigFolder]:
    """All folders of configs: sharegap's own, then those of packages, then those that the user names."""
    return [ConfigFolder("sharegap", f"pkg://{MODULE}", files(MODULE)), *extensions()]


def extensions() -> list[ConfigFolder]:
    """The folders of configs beside sharegap's own."""
    return [*_installed(), *_named()]


def _installed() -> list[ConfigFolder]:
    folders = []
    for name, module in extending_packages().items():
        folders.append(ConfigFolder(name, f"pkg://{module}", _package_root(module, name)))
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
    places: dict[tuple[str, str], str] = {}
    for group in (*groups(), ""):
        kind = "method" if group in METHOD_GROUPS else group
        for folder in config_folders():
            for name in folder.choices(group):
                place = f"{group}/{name}.yaml of {folder.provider}".removeprefix("/")
                if other := places.get((kind, name)):
                    raise UserError(f"{other} and {place} have one name: rename one")
                places[kind, name] = place
