"""Every regularizer declares the range of its strength once in its class and once in its YAML."""

import math
import re

import pytest
from hydra.utils import get_class
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.plan.configs import CONF

CONFIGS = {path.stem: OmegaConf.load(path)[path.stem] for path in (CONF / "regularizer").glob("*.yaml")}
SHARING = {path.stem: OmegaConf.load(path) for path in (CONF / "sharing").glob("*.yaml")}
OUTSIDE = {
    "[0, 1]": [-0.1, 1.1],
    "[0, 1)": [-0.1, 1.0],
    "[0, inf)": [-0.1, math.inf],
    "[1, inf] integers": [0, -1, 1.5],
}


@pytest.mark.parametrize("name", CONFIGS)
def test_yaml_and_class_agree(name):
    assert CONFIGS[name].range == get_class(CONFIGS[name]._target_).strength_range


@pytest.mark.parametrize("name", CONFIGS)
def test_refuses_strengths_outside(name):
    regularizer, interval = get_class(CONFIGS[name]._target_), CONFIGS[name].range
    condition = re.escape(interval.removesuffix(" integers"))
    for strength in (*OUTSIDE[interval], math.nan):
        with pytest.raises(UserError, match=rf"{regularizer.__name__}\.strength must be (an integer )?in {condition}"):
            regularizer(strength)


@pytest.mark.parametrize("name", CONFIGS)
def test_takes_the_default_the_grid_and_off(name):
    regularizer = get_class(CONFIGS[name]._target_)
    for strength in (CONFIGS[name].strength, *CONFIGS[name].grid, regularizer.off):
        assert regularizer(strength).strength.item() == pytest.approx(strength)


@pytest.mark.parametrize("name", [name for name, config in SHARING.items() if "strength" in config])
def test_sharing_strengths_have_a_range(name):
    assert SHARING[name].range == "[0, inf)"
