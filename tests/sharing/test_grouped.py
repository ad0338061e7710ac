import math

import pytest
import torch

from sharegap.errors import UserError
from sharegap.sharing import Grouped, Hard, Independent


@pytest.mark.parametrize(("groups", "limit"), [(1, Hard), (5, Independent), (99, Independent)])
def test_ends_are_hard_and_independent(groups, limit, site, normal):
    weight = Grouped(site, (3, 2), normal, groups)
    torch.manual_seed(0)
    expected = limit(site, (3, 2), normal)
    assert torch.equal(weight(), expected())
    assert weight.unique_parameters == expected.unique_parameters
    assert (weight.shared_value is None) == (limit is Independent)


def test_groups_are_neighbours_of_nearly_equal_size(site, normal):
    values, numbers = Grouped(site, (3,), normal, groups=2)().unique(dim=0, return_inverse=True)
    assert len(values) == 2
    assert numbers.tolist() in ([0, 0, 1, 1, 1], [1, 1, 0, 0, 0])


@pytest.mark.parametrize("groups", [0, -1, 1.5, True, math.nan])
def test_refuses_groups_out_of_range(groups, site, normal):
    with pytest.raises(UserError, match=r"groups must be an integer >= 1"):
        Grouped(site, (3,), normal, groups)
