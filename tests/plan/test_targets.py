"""What a config may call."""

import pytest
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.plan.config_folders import named_folders
from sharegap.plan.configs import compose_config
from sharegap.plan.targets import allow_targets_in, allowed_targets, instantiate


def test_calls_what_is_sharegap_s():
    site = {"_target_": "sharegap.sharing.Site", "name": "tasks", "grid": [2, 3]}
    assert instantiate(OmegaConf.create(site)).copies == 6


@pytest.mark.parametrize(
    "config",
    [
        {"_target_": "os.getcwd"},
        {"_target_": "sharegapped.call"},
        {"_target_": "sharegap"},
        {"_target_": "sharegap.sharing.Site", "name": "tasks", "grid": {"_target_": "os.getcwd"}},
        {"_target_": "sharegap.sharing.Site", "name": "tasks", "grid": [{"_target_": "os.getcwd"}]},
    ],
    ids=["top", "prefix", "package", "nested", "in a list"],
)
def test_refuses_what_nobody_named(config):
    with pytest.raises(UserError, match=r"_target_ must be in sharegap.*, got (os|sharegap)"):
        instantiate(OmegaConf.create(config))


def test_refuses_an_interpolated_target():
    config = OmegaConf.create({"where": "os.getcwd", "call": {"_target_": "${where}"}})
    with pytest.raises(UserError, match=r"got os\.getcwd"):
        instantiate(config.call)


@pytest.mark.parametrize(
    "text",
    [
        "model.network._target_=fractions.Fraction",
        "+model.network={_target_:fractions.Fraction}",
        "network:\n  _target_: fractions.Fraction\n  width: 3",
        "network: {'_target_': 'fractions.Fraction'}",
        'network: {"_target_" : "fractions.Fraction"}',
    ],
)
def test_allows_what_a_text_names(named_targets, text):
    allow_targets_in(text)
    assert named_targets == {"fractions.Fraction"}
    assert instantiate({"_target_": "fractions.Fraction", "numerator": 3}) == 3


def test_a_named_target_allows_no_other(named_targets):
    allow_targets_in("_target_: fractions.Fraction")
    assert "fractions.Fraction" in allowed_targets()
    with pytest.raises(UserError, match=r"got fractions\.Decimal"):
        instantiate({"_target_": "fractions.Decimal"})


def test_allows_what_an_option_names(named_targets):
    compose_config(["model.network._target_=fractions.Fraction"])
    assert named_targets == {"fractions.Fraction"}


def test_allows_what_a_named_folder_names(named_targets, tmp_path):
    (tmp_path / "dataset" / "speech").mkdir(parents=True)
    (tmp_path / "dataset" / "speech" / "words.yaml").write_text("load: {_target_: fractions.Fraction}")
    with named_folders([str(tmp_path)]):
        assert "fractions.Fraction" in named_targets


@pytest.fixture
def named_targets(monkeypatch):
    """What was named in this test, and not in those before it."""
    named = set()
    monkeypatch.setattr("sharegap.plan.targets._named", named)
    return named
