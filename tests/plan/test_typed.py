"""Names of files and columns reach Hydra as they are typed."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from sharegap.plan.configs import compose_config
from sharegap.plan.typed import as_typed, text_of

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
        "+optimizer.build.betas=[2,3]",
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
    for option in ("out", "model.name"):
        assert as_typed(f"{option}=größe,a(1)", is_sweep=True) == f"{option}='größe','a(1)'"


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


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("null", "~x")])
@pytest.mark.parametrize("option", ["out", "dataset.path"])
def test_folders_have_any_name(option, name):
    assert value_of(as_typed(f"{option}={name}")) == name


@pytest.mark.parametrize("name", ["~/x", "'~/x'"])
def test_a_home_is_found(monkeypatch, name):
    monkeypatch.setenv("HOME", "/home/someone")
    assert value_of(as_typed(f"out={name}")) == "/home/someone/x"


@pytest.mark.parametrize("name", ["größe", "a(b)", "it's", "a=b", "#1", "x [y]"])
def test_text_that_needs_quotes_gets_them(name):
    assert value_of(as_typed(f"model.name={name}")) == name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[training.steps=5]", ["training.steps=5"]),
        ("['a=1',b=2, 3]", ["a=1", "b=2", 3]),
        ("[+a.b=[2,3],c]", ["+a.b=[2,3]", "c"]),
        ("{a: [dataset=mnist1d, b(1)], c: [seed=3]}", {"a": ["dataset=mnist1d", "b(1)"], "c": ["seed=3"]}),
    ],
)
def test_texts_in_lists_and_sections(value, expected):
    assert value_of(as_typed(f"suite.x={value}")) == expected


def test_spaces_belong_to_a_name():
    assert value_of(as_typed("dataset.path=x.npz ")) == "x.npz "
    assert as_typed("seed =3") == "seed=3"


def test_plain_commands_read_text():
    assert [text_of(f"out={value}") for value in ("3", "1.10", "'my folder'", "it's", "null")] == [
        "3",
        "1.10",
        "my folder",
        "it's",
        "null",
    ]
