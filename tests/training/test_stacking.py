import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.training.stacking import stack, vmap_runs


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(3, 3), nn.Linear(3, 3)
        self.decoder.weight = self.encoder.weight
        self.register_buffer("scale", torch.rand(()))

    def forward(self, x):
        return self.decoder(self.encoder(x)) * self.scale


@pytest.mark.parametrize("runs", [1, 4])
def test_runs_all_modules_at_once(runs):
    modules = [Tied() for _ in range(runs)]
    stacked, x = stack(modules), torch.randn(runs, 5, 3)
    together = vmap_runs(stacked, x)
    torch.testing.assert_close(together, torch.stack([m(part) for m, part in zip(modules, x, strict=True)]))
    norms = vmap_runs(stacked, function=lambda module: module.encoder.weight.norm())
    torch.testing.assert_close(norms, torch.stack([m.encoder.weight.norm() for m in modules]))


def test_tied_weights_stay_tied():
    """Tied weights stay tied and gather both gradients."""
    modules = [Tied() for _ in range(2)]
    stacked = stack(modules)
    assert stacked.encoder.weight is stacked.decoder.weight
    assert sum(p.numel() for p in stacked.parameters()) == 2 * (9 + 3 + 3)
    x = torch.randn(2, 5, 3)
    vmap_runs(stacked, x).sum().backward()
    for run, module in enumerate(modules):
        module(x[run]).sum().backward()
        torch.testing.assert_close(stacked.encoder.weight.grad[run], module.encoder.weight.grad)


def test_refuses_numbers_that_are_no_tensors():
    """A fleet would take the first run's number for all."""
    with pytest.raises(UserError, match=r"p must be a buffer \(register_buffer\), for it differs between runs"):
        stack([nn.Dropout(0.1), nn.Dropout(0.2)])


def test_frozen_parameters_stay_frozen():
    modules = [nn.Linear(2, 3) for _ in range(2)]
    for module in modules:
        module.bias.requires_grad_(False)
    stacked = stack(modules)
    assert stacked.weight.requires_grad
    assert not stacked.bias.requires_grad
