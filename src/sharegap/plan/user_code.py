"""A user's own code is part of what a run is: where it was edited, the run is another."""

import ast
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.util import find_spec, resolve_name
from pathlib import Path

LIBRARIES = {"sharegap", "torch", "torchmetrics", "pytorch_lightning", "hydra_plugins"}
"""Not a user's: what they change is a matter of versions."""


def fingerprint_code(targets: Iterable[str]) -> str | None:
    """Return a digest of the modules that targets name, and of what these import from their own folder or package.

    Args:
        targets: as `_target_` has them, e.g. "my_package.strategies.Mine".

    Returns:
        16 hexadecimal digits; None where all are sharegap's or torch's.
    """
    sources: dict[str, bytes] = {}
    for target in targets:
        if target.partition(".")[0] not in LIBRARIES:
            _collect(_module_of(target), sources)
    if not sources:
        return None
    digest = sha256()
    for module, source in sorted(sources.items()):
        digest.update(f"{module} {len(source)} ".encode())
        digest.update(source)
    return digest.hexdigest()[:16]


def targets_in(options: object) -> Iterator[str]:
    """List every `_target_` of nested options."""
    if isinstance(options, dict):
        if "_target_" in options:
            yield str(options["_target_"])
        for value in options.values():
            yield from targets_in(value)
    elif isinstance(options, list):
        for value in options:
            yield from targets_in(value)


def _collect(module: str, sources: dict[str, bytes]) -> None:
    path = _source(module)
    if module in sources or path is None:
        return
    sources[module] = path.read_bytes()
    root = _root(module, path)
    for imported in _imports(sources[module], module, is_package=path.name == "__init__.py"):
        other = _source(imported)
        if other is not None and _root(imported, other) == root:
            _collect(imported, sources)


def _imports(source: bytes, module: str, is_package: bool) -> Iterator[str]:
    """The modules that a source names; of `from a import b` both a and a.b, which may be one."""
    package = module if is_package else module.rpartition(".")[0]
    try:
        tree = ast.parse(source)
    except SyntaxError:  # said when it is imported
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            name = resolve_name(base, package) if node.level else base
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def _module_of(target: str) -> str:
    """The module in the path of a class or function."""
    module = target
    while "." in module and _source(module) is None:
        module = module.rpartition(".")[0]
    return module


def _source(module: str) -> Path | None:
    """The file of a module, found without importing anything: a user's modules import torch, which takes seconds."""
    top, *parts = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not parts:
        return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None
    for folder in spec.submodule_search_locations or []:
        path = Path(folder).joinpath(*parts)
        for file in (path / "__init__.py", path.parent / f"{path.name}.py"):
            if file.is_file():
                return file
    return None


def _root(module: str, path: Path) -> Path:
    """The folder that a module's own code lies in: its package, or where a single file lies."""
    depth = module.count(".") + (path.name == "__init__.py")
    return path.parents[max(0, depth - 1)]
