import torch

from sharegap.sharing import Hard


def test_one_parameter_gathers_all_gradients(site, normal):
    hard = Hard(site, (3,), normal)
    hard().sum().backward()
    assert [tuple(p.shape) for p in hard.parameters()] == [(3,)]
    assert torch.equal(hard.value.grad, torch.full((3,), 5.0))
    assert len(hard().unique(dim=0)) == 1
