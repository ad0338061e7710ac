"""sharegap: how much of the generalization gap does sharing parameters close?

The public names are those that `__init__.pyi` imports. Each is imported when it is first used, so that someone who only
ties two layers does not wait for Lightning.
"""

import ast
from importlib import import_module
from importlib.resources import files


def _public_names() -> dict[str, str]:
    """Return the package of each public name."""
    packages = {}
    for statement in ast.parse(files(__name__).joinpath("__init__.pyi").read_text()).body:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                packages[alias.name] = statement.module
    return packages


_PACKAGES = _public_names()
__all__ = list(_PACKAGES)


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        return getattr(import_module(_PACKAGES[name]), name)
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    # Python itself adds the near miss, from `__dir__`.
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
