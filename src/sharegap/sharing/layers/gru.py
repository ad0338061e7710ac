"""A gated recurrent unit whose weights are copies, one per time step."""

from typing import Any

import torch
from torch import Tensor, nn

from sharegap.sharing.site import Site
from sharegap.sharing.strategy import SharingFactory, torch_init


class SharedGRU(nn.Module):
    """A bidirectional GRU (Cho et al. 2014) on (batch, steps, in), its time steps' weights related by `sharing`.

    With hard sharing it is `torch.nn.GRU(..., bidirectional=True)`. A copy holds the weights of both directions at a
    step, the backward one's counted from the end. Starts as `torch.nn.GRU` does: U(±1/√units). The weights on
    the inputs are the first shared layer, those on the states the second.
    """

    def __init__(self, sharing: SharingFactory, in_features: int, units: int, steps: int) -> None:
        super().__init__()
        init = torch_init(units)
        inputs, states = (Site("time", (steps,), depth) for depth in (0, 1))
        self.weight_input = sharing(inputs, (2, 3 * units, in_features), init)
        self.weight_state = sharing(states, (2, 3 * units, units), init)
        self.bias_input = sharing(inputs, (2, 3 * units), init)
        self.bias_state = sharing(states, (2, 3 * units), init)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, steps, in) -> (batch, steps, 2 * units), the forward direction's states first."""
        return self.in_time(self.states(x))

    def states(self, x: Tensor) -> Tensor:
        """(batch, steps, in) -> (steps, 2, units, batch), each direction in its own order of steps."""
        ahead = x.movedim(0, -1)
        both = torch.stack([ahead, ahead.flip(0)], dim=1)  # (steps, 2, in, batch)
        inputs = self.weight_input() @ both + self.bias_input().unsqueeze(-1)
        states: Tensor = _Scan.apply(inputs, self.weight_state(), self.bias_state())[0]
        return states[1:]

    @staticmethod
    def in_time(states: Tensor) -> Tensor:
        """(steps, 2, units, batch) -> (batch, steps, 2 * units), both directions in the order of time."""
        ahead, back = states.unbind(1)
        return torch.cat([ahead, back.flip(0)], dim=1).movedim(-1, 0)


def gru_cell(inputs: Tensor, weight: Tensor, bias: Tensor, state: Tensor) -> Tensor:
    """One step of PyTorch's GRU: gates `inputs` (..., 3 * units, batch), `state` (..., units, batch) -> new state."""
    units = state.shape[-2]
    gates = weight @ state + bias.unsqueeze(-1)
    reset, update = (inputs[..., : 2 * units, :] + gates[..., : 2 * units, :]).sigmoid().split(units, dim=-2)
    candidate = (inputs[..., 2 * units :, :] + reset * gates[..., 2 * units :, :]).tanh()
    return candidate.lerp(state, update)


class _Scan(torch.autograd.Function):
    """`gru_cell` from step to step, beginning at zero: inputs (steps, groups, 3 * units, batch) -> states
    (steps + 1, groups, units, batch) and what the backward pass needs.

    Written out, because autograd's graph of so many small steps takes twice the time.
    """

    @staticmethod
    def forward(inputs: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
        steps, groups, size, batch = inputs.shape
        units = size // 3
        states = inputs.new_zeros(steps + 1, groups, units, batch)
        gates = inputs.new_empty(steps, groups, 2 * units, batch)
        candidates, terms = (inputs.new_empty(steps, groups, units, batch) for _ in range(2))
        for t in range(steps):
            of_state = torch.baddbmm(bias[t].unsqueeze(-1), weight[t], states[t])
            gate = gates[t]
            torch.add(inputs[t][:, : 2 * units], of_state[:, : 2 * units], out=gate).sigmoid_()
            terms[t] = of_state[:, 2 * units :]
            torch.addcmul(inputs[t][:, 2 * units :], gate[:, :units], terms[t], out=candidates[t]).tanh_()
            torch.lerp(candidates[t], states[t], gate[:, units:], out=states[t + 1])
        return states, gates, candidates, terms

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, ...]) -> None:
        ctx.save_for_backward(inputs[1], *output)
        ctx.mark_non_differentiable(*output[1:])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        of_states = gradients[0]
        weight, states, gates, candidates, terms = ctx.saved_tensors
        steps, groups, units, batch = candidates.shape
        reset, update = gates.split(units, dim=2)
        # How the sums before each activation feel a change of the new state, for all steps at once.
        to_candidate = (1 - update) * (1 - candidates.square())
        to_update = (states[:-1] - candidates) * update * (1 - update)
        to_reset = terms * reset * (1 - reset)
        of_inputs, of_gates = (states.new_empty(steps, groups, 3 * units, batch) for _ in range(2))
        flow = of_states[-1]
        for t in reversed(range(steps)):
            at = of_inputs[t]
            torch.mul(flow, to_candidate[t], out=at[:, 2 * units :])
            torch.mul(flow, to_update[t], out=at[:, units : 2 * units])
            torch.mul(at[:, 2 * units :], to_reset[t], out=at[:, :units])
            of_gates[t] = at
            of_gates[t][:, 2 * units :].mul_(reset[t])
            flow = torch.baddbmm(torch.addcmul(of_states[t], flow, update[t]), weight[t].mT, of_gates[t])
        return of_inputs, of_gates @ states[:-1].mT, of_gates.sum(-1)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *tensors: Tensor) -> tuple[tuple[Tensor, ...], tuple]:
        """Runs are groups too."""
        runs = info.batch_size
        folded = []
        for tensor, dim in zip(tensors, in_dims, strict=True):
            own = tensor.movedim(dim, 1) if dim is not None else tensor.unsqueeze(1).expand(-1, runs, *tensor.shape[1:])
            folded.append(own.flatten(1, 2))
        outputs = _Scan.apply(*folded)
        return tuple(out.unflatten(1, (runs, -1)) for out in outputs), (1,) * len(outputs)
