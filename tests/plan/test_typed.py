"""Names of files and columns reach Hydra as they are typed."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from sharegap.plan.configs import compose_config
from sharegap.plan.typed import as_typed

NAMES = ["1.10", "1_1", "1e3", "null", "true", "007", "Body mass (g)", "größe", "#1", "50%", "a=b", "it's", "{x}", "~x"]
NAMES += ['say "x"', "a\\", "a\\'", "a:b", "range(3)", " kind", "-999", "?", "a b"]


def value_of(override):
    return OverridesParser.create().parse_override(override).value()


@pytest.mark.parametrize("name", [name for name in NAMES if name != " kind"])
@pytest.mark.parametrize("option", ["dataset.targets", "dataset.inputs", "dataset.missing"])
def test_names_in_lists(option, name):
    assert value_of(as_typed(f"{option}=[{name}]")) == [name]
    assert value_of(as_typed(f"{option}=[width, {name},'b,c']")) == ["width", name, "b,c"]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("null", " kind")])
@pytest.mark.parametrize("option", ["dataset.path", "+dataset.groups", "dataset.task_column"])
def test_single_names(option, name):
    assert value_of(as_typed(f"{option}={name}")) == name


@pytest.mark.parametrize(
    "override",
    [
        "dataset.inputs=null",
        "dataset.inputs=[]",
        "dataset.inputs=['1.10']",
        'dataset.path="a b"',
        "dataset.path=a\\(b\\)",
        "dataset.targets=kind",
        "dataset.targets=[a,b]",
        "dataset.n_train=1.10",
        "sharing=hard",
    ],
)
def test_the_rest_stays(override):
    assert as_typed(override) == override


def test_commas_separate_runs_of_a_sweep():
    assert value_of(as_typed("dataset.path=a,b.npz")) == "a,b.npz"
    assert as_typed("dataset.path=a.npz,b.npz", is_sweep=True) == "dataset.path=a.npz,b.npz"
    assert value_of(as_typed("dataset.inputs=[1.10]", is_sweep=True)) == ["1.10"]


def test_suites_compose_names_as_typed():
    config = compose_config(["dataset=table", "dataset.targets=[1.10]", "dataset.path=a(1).csv"])
    assert config.dataset.load.path == "a(1).csv"
    assert OmegaConf.to_container(config.dataset.load.targets, resolve=True) == ["1.10"]


def test_default_model_fits_tables_and_arrays():
    """A convolution over columns would depend on their order."""
    for name in ("table", "arrays"):
        assert compose_config([f"dataset={name}"]).model.name == "residual"
        assert compose_config([f"dataset={name}", "model=local1d"]).model.name == "local1d"
        assert compose_config(["model=local1d", f"dataset={name}"]).model.name == "local1d"
    assert compose_config(["dataset=mnist1d"]).model.name == "local1d"


@pytest.mark.parametrize("folder", ["2026", "1e3", "[1", "a{b", "true"])
def test_folder_of_digits_is_a_name(folder):
    assert as_typed(f"out={folder}") == f"out='{folder}'"
