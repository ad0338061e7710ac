"""What the tests of sharing have in common."""

import pytest
import torch
from torch import nn

from sharegap.sharing import Site


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


@pytest.fixture
def site():
    """Five copies at a site that every strategy serves."""
    return Site("branches", (5,), parallel=True)


@pytest.fixture
def normal():
    return nn.init.normal_
