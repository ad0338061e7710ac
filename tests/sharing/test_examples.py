"""The examples in docstrings run."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import sharegap.models
import sharegap.sharing

PACKAGES = [sharegap.sharing, sharegap.models]
MODULES = []
for package in PACKAGES:
    MODULES += [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    result = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_public_names_of_sharing_have_an_example():
    for name in sharegap.sharing.__all__:
        documented = getattr(sharegap.sharing, name)
        if name != "SharingFactory":  # a type
            assert ">>>" in documented.__doc__, name
