import pytest
import torch

from sharegap.errors import UserError
from sharegap.sharing import CrossStitch, Site


def test_refuses_a_site_that_is_not_parallel(normal):
    with pytest.raises(UserError) as refused:
        CrossStitch(Site("mine", (3,), ordered=True), (4, 2), normal)
    assert str(refused.value) == (
        "the site of sharing=cross_stitch must have copies that work in parallel, got mine: choose another sharing"
    )


def test_starts_with_most_of_its_own_activations(normal):
    """And with equal parts of the other copies' activations."""
    stitch = CrossStitch(Site("mine", (3,), parallel=True), (4, 2), normal).stitch
    expected = torch.tensor([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]])
    torch.testing.assert_close(stitch.detach(), expected)
    assert CrossStitch(Site("mine", (1,), parallel=True), (4, 2), normal).stitch.tolist() == [[1]]


def test_mixes_activations_unit_by_unit(site, normal):
    strategy, activations = CrossStitch(site, (4, 2), normal), torch.randn(7, 5, 4)
    torch.nn.init.normal_(strategy.stitch)
    mixed = strategy.mix_activations(activations)
    for copy in range(5):
        expected = sum(strategy.stitch[copy, other] * activations[:, other] for other in range(5))
        torch.testing.assert_close(mixed[:, copy], expected)
