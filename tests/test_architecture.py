"""The layout says what may know what: a folder imports only from those before it."""

import ast
from pathlib import Path

import pytest

import sharegap

ROOT = Path(sharegap.__file__).parent
FOUNDATION = {"errors", "seeding", "atomic", "signals", "tables"}
KNOWN = {
    "sharing": set(),
    "regularizers": set(),
    "data": set(),
    "results": set(),
    "models": {"sharing"},
    "metrics": {"sharing"},
    "tasks": {"metrics", "data"},
    "plan": {"results", "data"},
    "tracking": {"results"},
    "leaderboard": {"results"},
    "callbacks": {"metrics", "sharing"},
    "training": {"callbacks", "tasks", "models", "regularizers", "metrics", "data", "sharing"},
}
KNOWN["execute"] = {"training", "tracking", *KNOWN["training"], "plan", "results"}
KNOWN["testing"] = {"execute", *KNOWN["execute"]}
KNOWN["commands"] = {"execute", "leaderboard", *KNOWN["execute"]}
"""What each folder may import from: those below it."""
HEAVY = {"torch", "pytorch_lightning", "torchmetrics", "hydra", "omegaconf", "wandb"}
WITHOUT = {
    **dict.fromkeys(["sharing", "regularizers", "models", "data"], HEAVY - {"torch"}),
    **dict.fromkeys(["results", "leaderboard"], HEAVY),
    "testing": {"pytest"},
    "training": {"hydra", "omegaconf", "wandb"},
    "plan": {"torch", "pytorch_lightning", "torchmetrics"},
    "tracking": {"torch", "pytorch_lightning", "torchmetrics"},
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("layer", KNOWN)
def test_a_folder_imports_only_from_below(layer):
    modules = list((ROOT / layer).rglob("*.py"))
    assert modules
    for path in modules:
        for name in imports(path):
            package, *rest = name.split(".")
            if package == "sharegap" and rest:
                assert rest[0] in {layer} | FOUNDATION | KNOWN[layer], f"{path} imports {name}"
            assert package not in WITHOUT.get(layer, ()), f"{path} imports {name}"


def test_every_folder_has_a_place():
    assert {
        path.name for path in ROOT.iterdir() if path.is_dir() and not path.is_symlink() and path.name[0] != "_"
    } == set(KNOWN)


def names_called(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr


def test_only_configs_are_instantiated():
    """What the store or a checkpoint returns never decides what is called: those who read them call no targets."""
    calling = {path for path in ROOT.rglob("*.py") if {"instantiate", "get_method"} & set(names_called(path))}
    others = {path.relative_to(ROOT) for path in calling if path.parent != ROOT / "testing"}
    assert others == {
        Path("plan/targets.py"),
        Path("execute/build.py"),
        Path("execute/hardware.py"),
        Path("execute/check.py"),
        Path("execute/driver.py"),
    }
    for path in calling:
        own = path == ROOT / "plan" / "targets.py"
        assert own or not {"hydra.utils", "hydra"} & set(imports(path)), f"{path} goes past sharegap.plan.targets"


def test_checkpoints_hold_tensors_only():
    """`weights_only` refuses to call what a checkpoint names."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            call = ast.unparse(node) if isinstance(node, ast.Call) else ""
            if call.startswith("torch.load(") or "ckpt_path=" in call:
                assert "weights_only=True" in call, path
