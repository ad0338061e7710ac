"""What is replayed gives what the function gives, each time."""

import pytest
import torch
from torch import nn

from sharegap.training import recording
from sharegap.training.recording import Recording


class Branching(nn.Module):
    """Its course depends on a number that changes."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()), requires_grad=False)
        self.calls = 0

    @torch.no_grad()
    def double_or_add(self):
        self.calls += 1
        self.weight.add_(1)
        return [self.weight.mul_(2)] if self.weight > 3 else [self.weight]


def test_what_cannot_be_recorded_is_called_each_time():
    module = Branching()
    call = Recording(module.double_or_add, [module.weight])
    values = [call()[0].item() for _ in range(3)]
    assert values == [2, 3, 8]
    assert module.calls == 4  # the trial's changes were taken back


@pytest.mark.parametrize(("operations", "is_recorded"), [(5, True), (6, False)])
def test_a_long_program_is_called_each_time(monkeypatch, operations, is_recorded):
    monkeypatch.setattr(recording, "MOST_OPERATIONS", 5)
    x, calls = torch.zeros(()), []

    def function():
        calls.append(len(calls))
        for _ in range(operations):
            x.add_(1)
        return [x]

    call = Recording(function, [x])
    values = [call()[0].item() for _ in range(4)]
    assert values == [operations * (step + 1) for step in range(4)]
    assert len(calls) == (2 if is_recorded else 4)


def test_constants_are_computed_once_and_changed_tensors_each_time():
    """Also where a constant is made anew and changed in place, or through a view."""
    x, constant, counter = torch.ones(2, 3), torch.arange(3.0), torch.zeros(1)

    def function():
        made = torch.zeros(2, 3)
        made.view(6)[:3].add_(x[0])
        counter.add_(1)
        twice = torch.zeros_like(constant)
        twice += 2 * constant
        return [x * constant.exp().sqrt(), made, twice, counter.clone(), counter * 2, x.detach().view(2, 3) + 1]

    call = Recording(function, [x])
    for step in range(1, 4):
        x += 1
        values = call()
        expected = function()
        for value, other in zip(values, expected[:3], strict=False):
            assert torch.equal(value, other)
        assert values[3] == 2 * step - 1
        assert values[4] == 2 * (2 * step - 1)
        assert torch.equal(values[5], expected[5])
    kinds = [node.target for node in call.replay.__self__.graph.nodes]
    assert torch.ops.aten.exp.default not in kinds
    assert torch.ops.aten.detach.default not in kinds


def test_random_numbers_are_drawn_anew():
    call = Recording(lambda: [torch.rand(3)], [])
    assert not torch.equal(*(call()[0] for _ in range(2)))
    assert not torch.equal(*(call()[0] for _ in range(2)))
