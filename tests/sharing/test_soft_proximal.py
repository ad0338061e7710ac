import torch

from sharegap.sharing import Independent, SoftProximal


def test_pull_is_the_minimum_it_stands_for(site, normal):
    soft = SoftProximal(site, (3,), normal).double()
    before, amount = soft.value.detach().clone(), torch.tensor(0.7, dtype=torch.float64)
    assert soft.penalty() is None
    soft.set_strength(7)
    with torch.no_grad():
        soft.pull(amount / 7, steps=1)
    # argmin over u of ½ Σ‖u_c − w_c‖² + amount · ½ Σ‖u_c − ū‖²: its gradient is zero there.
    after = soft.value.detach()
    gradient = after - before + amount * (after - after.mean(0))
    assert gradient.abs().max() < 1e-12
    assert not torch.equal(after, before)


def test_starts_as_independent_copies(site, normal):
    soft = SoftProximal(site, (3,), normal)()
    torch.manual_seed(0)
    assert torch.equal(soft, Independent(site, (3,), normal)())
