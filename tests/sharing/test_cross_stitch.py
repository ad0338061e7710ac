import pytest
import torch

from sharegap.errors import UserError
from sharegap.sharing import CrossStitch, Site
from sharegap.sharing.site import KINDS, PARALLEL


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(PARALLEL)))
def test_serves_branches_and_tasks_only(kind, normal):
    with pytest.raises(UserError) as refused:
        CrossStitch(Site(kind, (3,)), (4, 2), normal)
    assert str(refused.value) == (
        f"cross_stitch mixes the activations of branches or tasks, and this network's site is its {kind}: "
        "choose another sharing"
    )


@pytest.mark.parametrize("kind", PARALLEL)
def test_starts_with_most_of_its_own_and_equal_parts_of_the_others(kind, normal):
    stitch = CrossStitch(Site(kind, (3,)), (4, 2), normal).stitch
    expected = torch.tensor([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]])
    torch.testing.assert_close(stitch.detach(), expected)
    assert CrossStitch(Site(kind, (1,)), (4, 2), normal).stitch.tolist() == [[1]]


def test_mixes_the_copies_activations_number_for_number(site, normal):
    strategy, activations = CrossStitch(site, (4, 2), normal), torch.randn(7, 5, 4)
    torch.nn.init.normal_(strategy.stitch)
    expected = torch.stack(
        [sum(strategy.stitch[one, other] * activations[:, other] for other in range(5)) for one in range(5)], 1
    )
    torch.testing.assert_close(strategy.mix(activations), expected)
