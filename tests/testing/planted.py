"""Parts of a package of one's own, written for one test."""

import itertools

NUMBERS = itertools.count()


def plant(folder, monkeypatch, group, name, code, options):
    """Write a module and its YAML, and return the config folder; `{module}` in `options` is the module's name."""
    module = f"planted_{next(NUMBERS)}"
    (folder / f"{module}.py").write_text(code)
    monkeypatch.syspath_prepend(folder)
    path = folder / "conf" / group / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(options.replace("{module}", module))
    return str(folder / "conf")
