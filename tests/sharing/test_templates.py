import math

import pytest
import torch
from torch.autograd import gradcheck

from sharegap.errors import UserError
from sharegap.sharing import Templates
from sharegap.sharing.templates import combine


def randomized(strategy):
    for parameter in strategy.parameters():
        torch.nn.init.normal_(parameter)
    return strategy


def test_combine_is_the_weighted_sum_of_templates():
    coefficients, templates = torch.randn(4, 2), torch.randn(2, 3, 5)
    expected = sum(coefficients[:, k].view(4, 1, 1) * templates[k] for k in range(2))
    torch.testing.assert_close(combine(coefficients, templates), expected)


def test_gradients_agree_with_finite_differences():
    tensors = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((4, 2), (2, 3, 2)))
    assert gradcheck(combine, tuple(tensors))


@pytest.mark.parametrize("count", [1, 2, 4])
def test_copies_have_the_rank_of_the_templates(count, site, normal):
    weight = randomized(Templates(site, (3, 4), normal, templates=count)).double()()
    assert torch.linalg.matrix_rank(weight.flatten(1)) == count


def test_one_template_leaves_a_factor_per_copy(site, normal):
    weight = randomized(Templates(site, (3, 4), normal, templates=1))()
    factors = weight[:, :1, :1] / weight[0, 0, 0]
    assert factors.unique().numel() == 5
    torch.testing.assert_close(weight, factors * weight[0], rtol=1e-4, atol=1e-5)


def test_a_template_per_copy_is_no_restriction(site, normal):
    strategy, target = Templates(site, (3, 4), normal, templates=5), torch.randn(5, 3, 4)
    with torch.no_grad():
        strategy.templates.copy_(target)
    assert torch.equal(strategy(), target)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_copies_start_as_single_templates(count, site, normal):
    strategy = Templates(site, (3, 4), normal, templates=count)
    weight = strategy()
    for copy in range(5):
        assert torch.equal(weight[copy], strategy.templates[copy % count])
    assert len(weight.unique(dim=0)) == count


def test_has_at_most_as_many_templates_as_copies(site, normal):
    strategy = Templates(site, (3, 4), normal, templates=99)
    assert sum(p.numel() for p in strategy.parameters()) == 5 * 12 + 5 * 5


@pytest.mark.parametrize("count", [0, -1, 1.5, True, math.nan])
def test_refuses_templates_out_of_range(count, site, normal):
    with pytest.raises(UserError, match=r"templates must be an integer >= 1"):
        Templates(site, (3,), normal, templates=count)
