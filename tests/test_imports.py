"""What an import costs: the packages that it loads, in a new process."""

import subprocess
import sys

import pytest

import sharegap

SUITE_ONLY = {"sklearn", "pooch", "hydra", "wandb", "polars"}
# torchmetrics imports scipy and PIL where they are installed.
NOT_FOR_LAYERS = SUITE_ONLY | {"pytorch_lightning", "lightning", "torchmetrics", "scipy", "PIL"}


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    # Warnings inside Lightning are not ours to mend.
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("module", ["sharegap", "sharegap.sharing"])
def test_layers_load_torch_only(module):
    loaded = loaded_by(f"from {module} import penalty_between, TiedLinear, as_locally_connected")
    assert "torch" in loaded
    assert not loaded & NOT_FOR_LAYERS


@pytest.mark.parametrize("name", ["GapMonitor", "GeneralizationGap"])
def test_gap_loads_nothing_of_the_suite(name):
    loaded = loaded_by(f"from sharegap import {name}")
    assert "torchmetrics" in loaded
    assert not loaded & SUITE_ONLY


def test_package_loads_no_torch():
    assert "torch" not in loaded_by("import sharegap")


def test_public_names_are_listed():
    assert {"Site", "GapMonitor", "UserError", "__version__"} <= set(dir(sharegap))
    for name in dir(sharegap):
        assert getattr(sharegap, name) is not None


def test_unknown_name_has_a_near_miss():
    code = "import sharegap; sharegap.TiedLiner"
    error = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr
    assert error.endswith("'sharegap' has no attribute 'TiedLiner'. Did you mean: 'TiedLinear'?\n")
