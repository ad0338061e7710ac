import pytest
import torch
from torch.autograd import gradcheck

from sharegap.sharing import Site, TraceNorm
from sharegap.sharing.trace_norm import trace_norm


def nuclear(weight):
    return torch.linalg.matrix_norm(weight.flatten(1), ord="nuc").item()


@pytest.mark.parametrize("shape", [(5, 3, 4), (12, 2, 2), (7, 3), (2, 25, 5), (1, 6)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_is_the_sum_of_the_singular_values(shape, dtype):
    weight = torch.randn(shape, dtype=dtype)
    assert trace_norm(weight).item() == pytest.approx(nuclear(weight), rel=1e-3)


@pytest.mark.parametrize("copies", [2, 5, 19, 40, 64])
def test_equal_copies_have_finite_gradients(copies):
    """In float32, where rounding makes eigenvalues of many equal copies negative."""
    for _ in range(10):
        weight = torch.randn(1, 25, 5).expand(copies, -1, -1).clone().requires_grad_()
        norm = trace_norm(weight)
        norm.backward()
        assert norm.item() == pytest.approx(nuclear(weight.detach()), rel=0.02)  # smoothed in each direction
        assert weight.grad.norm().item() == pytest.approx(1, rel=0.01)  # one direction, so the norm is ‖W‖


def test_zero_weights_have_finite_gradients():
    weight = torch.zeros(5, 3, 4, requires_grad=True)
    trace_norm(weight).backward()
    assert weight.grad.isfinite().all()


@pytest.mark.parametrize("shape", [(4, 2, 3), (6, 2)])
def test_gradients_agree_with_finite_differences(shape):
    # The smoothing is taken for a constant; at this size it is below what finite differences see.
    assert gradcheck(trace_norm, torch.randn(shape, dtype=torch.float64, requires_grad=True), rtol=1e-3, atol=1e-5)


def test_singular_values_are_soft_thresholded():
    """The minimum of ½‖W − A‖² + λ ‖W‖ is A with each singular value s at max(s − λ, 0) (Cai et al. 2010)."""
    left, right = (torch.linalg.qr(torch.randn(size, 4, dtype=torch.float64))[0] for size in (6, 8))
    values = torch.tensor([4.0, 2.0, 0.5, 0.2], dtype=torch.float64)
    target, strength = left * values @ right.T, 0.7
    strategy = TraceNorm(Site("branches", (6,)), (8,), torch.nn.init.normal_).double()
    optimizer = torch.optim.LBFGS(strategy.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def objective():
        optimizer.zero_grad()
        loss = (strategy() - target).square().sum() / 2 + strength * strategy.penalty()
        loss.backward()
        return loss

    optimizer.step(objective)
    got = torch.linalg.svdvals(strategy().detach())
    torch.testing.assert_close(got[:2], values[:2] - strength, rtol=0, atol=0.01)
    assert got[2:].max() < 0.01
