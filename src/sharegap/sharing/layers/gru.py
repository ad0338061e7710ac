"""A gated recurrent unit whose weights have one copy per time step."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from sharegap.sharing.site import Site
from sharegap.sharing.strategy import SharingFactory, torch_init


class SharedGRU(nn.Module):
    """Apply a bidirectional GRU (Cho et al. 2014) with one copy of its weights per time step.

    With hard sharing it is `torch.nn.GRU(..., batch_first=True, bidirectional=True)`, whose initial distribution it
    has. A copy holds the weights of both directions at a step; the backward direction counts steps from the end. The
    weights on the inputs are the first shared layer, those on the states the second.

    Args:
        sharing: Relates the copies over time steps.
        in_features: Features of the input at a step.
        units: Units of each direction.
        steps: Length of the sequence.

    Example:
        >>> from sharegap.sharing import Independent
        >>> layer = SharedGRU(Independent, in_features=2, units=6, steps=10)
        >>> layer(torch.ones(5, 10, 2)).shape
        torch.Size([5, 10, 12])
    """

    def __init__(self, sharing: SharingFactory, in_features: int, units: int, steps: int) -> None:
        super().__init__()
        init = torch_init(units)
        input_site = Site("time", (steps,), depth=0, ordered=True, inputs=(2, None))
        state_site = replace(input_site, depth=1)
        self.weight_input = sharing(input_site, (2, 3 * units, in_features), init)
        self.weight_state = sharing(state_site, (2, 3 * units, units), init)
        self.bias_input = sharing(input_site, (2, 3 * units), init)
        self.bias_state = sharing(state_site, (2, 3 * units), init)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, steps, in) -> (batch, steps, 2 * units), the forward direction's states first."""
        forward, backward = self.states(x).unbind(1)
        return torch.cat([forward, backward.flip(0)], dim=1).movedim(-1, 0)

    def states(self, x: Tensor) -> Tensor:
        """(batch, steps, in) -> (steps, 2, units, batch), each direction in its own order of steps."""
        steps = x.movedim(0, -1)
        # The batch is last, so that each step is one batched product, weight @ state.
        directions = torch.stack([steps, steps.flip(0)], dim=1)  # (steps, 2, in, batch)
        inputs = self.weight_input() @ directions + self.bias_input().unsqueeze(-1)
        states: Tensor = _Scan.apply(inputs, self.weight_state(), self.bias_state())[0]
        return states[1:]


def gru_cell(inputs: Tensor, weight: Tensor, bias: Tensor, state: Tensor) -> Tensor:
    """Return the next state of PyTorch's GRU.

    Args:
        inputs: The inputs' part of the gates reset, update and candidate, (..., 3 * units, batch).
        weight: On the state, (..., 3 * units, units).
        bias: On the state, (..., 3 * units).
        state: (..., units, batch).

    Returns:
        (..., units, batch).
    """
    units = state.shape[-2]
    gates = weight @ state + bias.unsqueeze(-1)
    reset, update = (inputs[..., : 2 * units, :] + gates[..., : 2 * units, :]).sigmoid().split(units, dim=-2)
    # As in torch.nn.GRU, the reset gate multiplies the product with the state; in the paper, the state itself.
    candidate = (inputs[..., 2 * units :, :] + reset * gates[..., 2 * units :, :]).tanh()
    return candidate.lerp(state, update)


class _Scan(torch.autograd.Function):
    """`gru_cell` from step to step, beginning at zero.

    Inputs (steps, groups, 3 * units, batch) -> states (steps + 1, groups, units, batch), and what the backward pass
    needs. Written by hand, because autograd's graph of so many small steps takes twice the time.
    """

    @staticmethod
    def forward(inputs: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
        steps, groups, size, batch = inputs.shape
        units = size // 3
        states = inputs.new_zeros(steps + 1, groups, units, batch)
        gates = inputs.new_empty(steps, groups, 2 * units, batch)
        candidates = inputs.new_empty(steps, groups, units, batch)
        candidate_terms = inputs.new_empty(steps, groups, units, batch)
        # In place, so that the product with the state is all that a step allocates.
        for t in range(steps):
            state_gates = torch.baddbmm(bias[t].unsqueeze(-1), weight[t], states[t])
            gate = gates[t]
            torch.add(inputs[t][:, : 2 * units], state_gates[:, : 2 * units], out=gate).sigmoid_()
            candidate_terms[t] = state_gates[:, 2 * units :]
            reset, update = gate[:, :units], gate[:, units:]
            torch.addcmul(inputs[t][:, 2 * units :], reset, candidate_terms[t], out=candidates[t]).tanh_()
            torch.lerp(candidates[t], states[t], update, out=states[t + 1])
        return states, gates, candidates, candidate_terms

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, ...]) -> None:
        ctx.save_for_backward(inputs[1], *output)
        # The rest are outputs because vmap allows backward to use inputs and outputs only.
        ctx.mark_non_differentiable(*output[1:])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        state_gradient = gradients[0]
        weight, states, gates, candidates, candidate_terms = ctx.saved_tensors
        steps, groups, units, batch = candidates.shape
        reset, update = gates.split(units, dim=2)
        # Derivatives of the new state by the sums before each activation, for all steps at once.
        by_candidate = (1 - update) * (1 - candidates.square())
        by_update = (states[:-1] - candidates) * update * (1 - update)
        by_reset = candidate_terms * reset * (1 - reset)
        input_gradient = states.new_empty(steps, groups, 3 * units, batch)
        gate_gradient = states.new_empty(steps, groups, 3 * units, batch)
        flow = state_gradient[-1]
        for t in reversed(range(steps)):
            gradient = input_gradient[t]
            torch.mul(flow, by_candidate[t], out=gradient[:, 2 * units :])
            torch.mul(flow, by_update[t], out=gradient[:, units : 2 * units])
            torch.mul(gradient[:, 2 * units :], by_reset[t], out=gradient[:, :units])
            # The state enters the candidate through the reset gate, the input directly.
            gate_gradient[t] = gradient
            gate_gradient[t][:, 2 * units :].mul_(reset[t])
            skip = torch.addcmul(state_gradient[t], flow, update[t])
            flow = torch.baddbmm(skip, weight[t].mT, gate_gradient[t])
        return input_gradient, gate_gradient @ states[:-1].mT, gate_gradient.sum(-1)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *tensors: Tensor) -> tuple[tuple[Tensor, ...], tuple]:
        """Run a batch of runs as more groups, so that all of them are one scan."""
        runs = info.batch_size
        grouped = []
        for tensor, dim in zip(tensors, in_dims, strict=True):
            per_run = tensor.unsqueeze(1) if dim is None else tensor.movedim(dim, 1)
            grouped.append(per_run.expand(-1, runs, *per_run.shape[2:]).flatten(1, 2))
        outputs = _Scan.apply(*grouped)
        return tuple(output.unflatten(1, (runs, -1)) for output in outputs), (1,) * len(outputs)
