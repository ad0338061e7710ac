"""Folders of configs: sharegap's own, those of packages, and those that the user names."""

import pytest

from sharegap.errors import UserError
from sharegap.plan import config_folders
from sharegap.plan.config_folders import named_folders
from sharegap.plan.configs import Choice, choices, compose_config, open_configs

STRATEGY = """\
# Sharing of one's own.
name: mine
strength: 3
range: "[0, inf)"
grid: [1, 10]
tunes: sharing.strength
strategy: {_target_: sharegap.sharing.Soft, _partial_: true}
"""
REGULARIZER = "faint: {_target_: sharegap.regularizers.L2Regularizer, strength: 1, grid: [1, 2, 3]}"
MODEL = "name: small\nnetwork: {_target_: sharegap.models.Patches, patch: 8, stride: 8, widths: [4]}"


def write(folder, **files):
    """Write files of a folder of configs; `sharing__mine` is sharing/mine.yaml."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder)


@pytest.fixture
def one(tmp_path):
    return write(tmp_path / "one", sharing__mine=STRATEGY, regularizer__faint=REGULARIZER)


@pytest.fixture
def two(tmp_path):
    return write(tmp_path / "two", model__small=MODEL)


def test_choices_of_several_folders(one, two):
    with named_folders([one, two]):
        assert choices("sharing")["mine"].provider == one
        assert choices("model")["small"].provider == two
        assert choices("model")["local1d"].provider == "sharegap"
        assert list(choices("model")) == sorted(choices("model"))
    assert "small" not in choices("model")


def test_named_folders_add_up(one, two):
    with named_folders([one]):
        assert compose_config(["sharing=mine", "model=small"], config_dir=two).model.name == "small"
        with open_configs():
            assert "mine" in choices("sharing")
    assert "mine" not in choices("sharing")


def test_choices_in_folders_of_a_group(tmp_path):
    folder = write(tmp_path, model__tiny__small=MODEL)
    with named_folders([folder]):
        assert "tiny/small" in choices("model")
    assert compose_config(["model=tiny/small"], config_dir=folder).model.name == "small"


def test_strategy_and_regularizer_are_methods(one):
    with named_folders([one]):
        assert {"mine", "faint", "soft", "none"} <= set(choices("method"))
        assert "independent" not in choices("method")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# @package _global_\n# First. Second.\nname: mine", "First."),
        ("# On two\n# lines (Chen et al. 2015).\n", "On two lines (Chen et al. 2015)."),
        ("# No full stop\nname: mine\n# Later.", "No full stop"),
        ("name: mine\n# Later.", ""),
        ("", ""),
    ],
)
def test_description_is_the_first_sentence(tmp_path, text, sentence):
    (tmp_path / "mine.yaml").write_text(text)
    assert Choice(tmp_path / "mine.yaml", group="model", provider="somebody").description == sentence


def test_composes_with_a_folder(one):
    config = compose_config(["sharing=mine", "sharing.strength=5"], config_dir=one)
    assert (config.sharing.name, config.sharing.strength) == ("mine", 5)


def test_composes_with_a_relative_folder(one, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert compose_config(["sharing=mine"], config_dir="one").sharing.name == "mine"


def test_composes_inside_an_open_program(one):
    with open_configs([one]):
        assert compose_config(["method=mine"]).sharing.name == "mine"


def test_strategy_s_file_is_its_method(one):
    config = compose_config(["method=mine"], config_dir=one)
    assert config.sharing.name == "mine"
    assert (config.method.tunes, config.method.path) == ("sharing.strength", None)


def test_regularizer_s_file_is_its_method(one):
    config = compose_config(["method=faint"], config_dir=one)
    assert list(config.regularizer) == ["faint"]
    assert config.method.tunes == "regularizer.faint.strength"


CLASHES = {
    "in sharegap": ({"model__local1d": MODEL}, "model/local1d.yaml of sharegap and model/local1d.yaml of"),
    "program": ({"config": "seed: 1"}, "config.yaml of sharegap and config.yaml of"),
    "nested": ({"hydra__launcher__fleet": ""}, "hydra/launcher/fleet.yaml of sharegap and"),
    "of a method": ({"sharing__dropout": STRATEGY}, "regularizer/dropout.yaml of sharegap and sharing/dropout.yaml of"),
}


@pytest.mark.parametrize(("files", "sentence"), CLASHES.values(), ids=CLASHES)
def test_refuses_a_name_in_two_places(tmp_path, files, sentence):
    folder = write(tmp_path, **files)
    with pytest.raises(UserError, match=f"{sentence}.*: rename one"), named_folders([folder]):
        pass


def test_refuses_a_name_of_two_users(one, tmp_path):
    other = write(tmp_path / "other", sharing__mine=STRATEGY)
    with pytest.raises(UserError, match=f"of {one} and .* of {other} have one name"), named_folders([one, other]):
        pass


@pytest.mark.parametrize("name", ["nowhere", "file://nowhere", "config.yaml"])
def test_refuses_what_is_no_folder(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, config="seed: 1")
    with pytest.raises(UserError, match=f"there is no folder of configs {name}"), named_folders([name]):
        pass


def test_refuses_a_module_that_is_not_there():
    with pytest.raises(UserError, match=r"in nowhere\.conf, which cannot be imported: No module named 'nowhere'"):
        compose_config([], config_dir="pkg://nowhere.conf")


def test_refuses_a_broken_package(monkeypatch):
    monkeypatch.setattr(config_folders, "extending_packages", lambda: {"broken": "nowhere.conf"})
    with pytest.raises(UserError, match=r"the configs of broken are in nowhere\.conf, which cannot be imported"):
        choices("model")
