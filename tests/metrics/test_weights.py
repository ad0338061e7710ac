import math

import pytest
import torch
from torch import nn

from sharegap.metrics import relative_copy_distance, unique_parameters
from sharegap.sharing import Hard, Independent, SharedLinear, Site

SITE = Site("branches", (2,))


def test_copy_distance_is_relative_to_the_mean():
    site = Independent(SITE, (2,), nn.init.normal_)
    with torch.no_grad():
        site.value.copy_(torch.tensor([[4.0, 0.0], [2.0, 0.0]]))
    assert relative_copy_distance(site).item() == pytest.approx(1 / 3)  # √(1 + 1) over √(9 + 9)
    assert relative_copy_distance(Hard(SITE, (2,), nn.init.normal_)).item() == 0


def test_copy_distance_is_over_all_sites():
    sites = nn.ModuleList([Independent(SITE, (1,), nn.init.normal_) for _ in range(2)])
    with torch.no_grad():
        sites[0].value.copy_(torch.tensor([[1.0], [3.0]]))
        sites[1].value.copy_(torch.tensor([[5.0], [5.0]]))
    assert relative_copy_distance(sites).item() == pytest.approx(math.sqrt(2 / (2 * 4 + 2 * 25)))


def test_copy_distance_is_nan_without_sites():
    assert relative_copy_distance(nn.Linear(3, 2)).isnan()


def test_shared_parameters_count_once():
    for sharing, uses in ((Hard, 1), (Independent, 2)):
        assert unique_parameters(SharedLinear(sharing, SITE, 3, 4)) == uses * 16
    one, two = nn.Linear(3, 3), nn.Linear(3, 3)
    two.weight = one.weight
    assert unique_parameters(nn.Sequential(one, two)) == 9 + 3 + 3
