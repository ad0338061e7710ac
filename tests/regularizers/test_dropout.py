import pytest
import torch

from sharegap.regularizers import DropoutRegularizer


def test_drops_a_share_of_p_and_keeps_the_mean():
    layer = DropoutRegularizer(0.3).make_hidden_layer()
    torch.manual_seed(0)
    out = layer(torch.ones(200_000))
    assert (out == 0).float().mean().item() == pytest.approx(0.3, abs=0.005)
    assert out.mean().item() == pytest.approx(1, abs=0.01)
    assert out.unique().tolist() == pytest.approx([0, 1 / 0.7])


def test_is_off_in_evaluation_and_at_zero():
    x = torch.randn(1000)
    assert torch.equal(DropoutRegularizer(0.5).make_hidden_layer().eval()(x), x)
    assert torch.equal(DropoutRegularizer(0.0).make_hidden_layer()(x), x)
