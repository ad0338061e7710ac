"""A short trial before any training: whether runs can train side by side, or in a fleet at all."""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from sharegap.errors import UserError
from sharegap.models import Network
from sharegap.training.fleet_noise import FleetNoise, noise_layouts
from sharegap.training.fleet_step import scale_step
from sharegap.training.objective import Objective
from sharegap.training.own_state import changed_buffers, copy_buffers, draws_numbers, fill_noise
from sharegap.training.stacking import named_tensors, stack, vmap_runs

SAMPLES, OPTIMIZER_STEPS = 6, 3
TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3}
"""Relative to the largest number: batched and single runs add in another order."""


def try_network(objectives: Sequence[Objective], x: Tensor, y: Tensor, with_representations: bool = True) -> str | None:
    """Compute a batch in a fleet of two runs and in a fleet of each, and compare.

    Args:
        objectives: of one run, or of two that differ in their per-run numbers.
        x: inputs (samples, ...).
        y: targets (samples, ...).
        with_representations: whether the copies' representations will be measured.

    Returns:
        Why the runs cannot train side by side; None where they can.

    Raises:
        UserError: for a network that a fleet of one cannot train either.
    """
    x, y = x[:SAMPLES], y[:SAMPLES]
    for name, parameter in objectives[0].named_parameters():
        if is_lazy(parameter):
            raise UserError(f"{name} must have a size before the first batch, got a lazy module")
    runs = [copy.deepcopy(objectives[0]), copy.deepcopy(objectives[-1])]
    if _takes_double(objectives[0], x, y):  # where rounding cannot be taken for a difference
        runs = [run.double() for run in runs]
        x, y = _double(x), _double(y)
    called = copy.deepcopy(runs[0])  # calls may leave something behind, in which the runs would differ
    layouts = noise_layouts(called, x, y)
    if draws_numbers(called, layouts, x, y):
        return "the network draws random numbers itself, as torch's dropout does"
    changing = _check_alone(copy.deepcopy(runs[0]), layouts, x, y)
    for seed, run in enumerate(runs):
        _vary(run, seed)
    compute = partial(_compute, layouts=layouts, x=x, y=y, changing=changing, with_representations=with_representations)
    alone = [compute([run], [seed]) for seed, run in enumerate(runs)]
    try:
        together = compute(runs, [0, 1])
    except (RuntimeError, ValueError, TypeError, IndexError) as error:  # whatever torch.func.vmap cannot do
        return f"the network cannot be batched over runs ({str(error).split('. ')[0].splitlines()[0]})"
    for what, values in together.items():
        if not _agree(values, torch.cat([run[what] for run in alone])):
            return f"the network's {what} differ between runs side by side and one by one"
    return None


def try_optimizer(make: Callable[..., Optimizer], shapes: Iterable[torch.Size], lr: float) -> str | None:
    """Take steps for two runs at once, at rates of their own, and for each alone, and compare.

    Args:
        make: `make(parameters, lr=...)` returns the optimizer.
        shapes: of one run's parameters.
        lr: the learning rate.

    Returns:
        Why the runs cannot train side by side; None where they can.

    Raises:
        UserError: for an optimizer that a fleet of one cannot use either.
    """
    generator = torch.Generator().manual_seed(0)
    draws: list[list[Tensor]] = [[] for _ in range(1 + OPTIMIZER_STEPS)]
    for shape in shapes:
        for draw in draws:
            draw.append(torch.randn(2, *shape, generator=generator, dtype=torch.float64))
    rates = torch.tensor([lr, lr / 2], dtype=torch.float64)
    walk = partial(_walk, make, draws, rates)
    runs = [slice(0, 1), slice(1, 2)]
    plain = torch.stack([walk(0), walk(1)])
    name = make.func.__name__ if isinstance(make, partial) else getattr(make, "__name__", "the optimizer")
    if not _agree(torch.cat([walk(run) for run in runs]), plain):
        raise UserError(f"optimizer.build must act on each number by itself, as SGD and Adam do, got {name}")
    if not _agree(walk(slice(None)), plain):
        return f"{name} does not act on each number by itself"
    return None


def _walk(make: Callable[..., Optimizer], draws: list[list[Tensor]], rates: Tensor, run: int | slice) -> Tensor:
    """How far some steps on given gradients lead: flat, and (runs, ...) where `run` is a slice."""
    steps = []
    for draw in draws:
        steps.append([tensor[run] for tensor in draw])
    start, *gradients = steps
    parameters = [nn.Parameter(tensor.clone()) for tensor in start]
    lr = rates[run].max()
    optimizer = make(parameters, lr=float(lr))
    if not isinstance(optimizer, Optimizer):
        raise UserError(f"optimizer.build._target_ must be an optimizer, got {type(optimizer).__name__}")
    for step in gradients:

        def set_gradients(step: list[Tensor] = step) -> float:
            for parameter, gradient in zip(parameters, step, strict=True):
                parameter.grad = gradient.clone()
            return 0.0

        before = [parameter.detach().clone() for parameter in parameters]
        optimizer.step(set_gradients)
        if isinstance(run, slice):
            scale_step(parameters, before, rates[run] / lr)
    dims = 1 if isinstance(run, slice) else 0
    moves = [parameter.detach() - tensor for parameter, tensor in zip(parameters, start, strict=True)]
    return torch.cat([move.flatten(dims) for move in moves], -1)


def _takes_double(objective: Objective, x: Tensor, y: Tensor) -> bool:
    """Whether the network holds no numbers of its own in single precision."""
    tensors = named_tensors(objective)
    # Copies, whole numbers too: a call changes running statistics.
    double = {name: _double(tensor.detach().clone()) for name, tensor in tensors.items()}
    try:
        with torch.random.fork_rng(devices=[]):
            functional_call(objective, double, (_double(x), _double(y)), tie_weights=False)
    except RuntimeError:
        return False
    return True


def _double(tensor: Tensor) -> Tensor:
    return tensor.double() if tensor.is_floating_point() else tensor


def _vary(objective: Objective, seed: int) -> None:
    """Change the weights."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in objective.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.mul_(1 + 0.1 * noise).add_(0.01 * noise)


def _check_alone(objective: Objective, layouts: Mapping[str, Tensor], x: Tensor, y: Tensor) -> list[str]:
    """Return the names of the buffers that a call in training changes.

    Raises:
        UserError: where a call leaves something behind that a fleet does not keep.
    """
    fill_noise(objective, layouts)
    fleet, before = stack([objective]), copy_buffers(objective)
    first = objective(x, y)
    changing = changed_buffers(objective, before)
    kept = objective.state_dict()
    vmap_runs(fleet, x.unsqueeze(0), y.unsqueeze(0))
    for name in changing:
        buffer = objective.get_buffer(name)
        if name not in kept or not torch.allclose(fleet.get_buffer(name)[0], buffer):
            raise UserError(
                f"{name} changes in training, and must then be a persistent buffer that is changed in place, as "
                "BatchNorm's running statistics are"
            )
        buffer.copy_(before[name])
    if not torch.equal(first, objective(x, y)):
        raise UserError("the network must give the same loss for the same samples in training, got two")
    if objective.has_after_step:
        _check_after_step(objective)
    return changing


def _check_after_step(objective: Objective) -> None:
    """Raise UserError where what follows a step depends on something else than tensors: steps are replayed."""
    tensors = named_tensors(objective).values()
    before, results = [tensor.detach().clone() for tensor in tensors], []
    for _ in range(2):
        with torch.no_grad():
            for tensor, value in zip(tensors, before, strict=True):
                tensor.copy_(value)
        objective.after_step(torch.tensor(0.01))
        results.append([tensor.detach().clone() for tensor in tensors])
    for one, other in zip(*results, strict=True):
        if not torch.allclose(one, other, rtol=0, atol=0, equal_nan=True):
            raise UserError(
                "what is done after a step (pull, after_step) must be the same for the same parameters, got two "
                "results: keep all state in parameters and buffers"
            )


def _compute(
    runs: Sequence[Objective],
    seeds: Sequence[int],
    layouts: dict[str, Tensor],
    x: Tensor,
    y: Tensor,
    changing: Sequence[str],
    with_representations: bool,
) -> dict[str, Tensor]:
    """What runs compute as one fleet, each flat: (runs, ...)."""
    stacked = stack(runs)
    FleetNoise(stacked, layouts, seeds, x.device, slice(None)).draw(0)
    batch = [tensor.expand(len(runs), *tensor.shape) for tensor in (x, y)]
    losses = vmap_runs(stacked, *batch)
    losses.sum().backward()
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in stacked.parameters()]
    values = {"losses": [losses.detach()], "gradients": gradients}
    if changing:
        values["buffers"] = [stacked.get_buffer(name).to(losses.dtype) for name in changing]
    stacked.eval()
    with torch.no_grad():
        values["outputs"] = [vmap_runs(stacked, batch[0])]
        if with_representations:
            values["representations"] = [vmap_runs(stacked.network, batch[0], function=_represent)]
        if stacked.has_after_step:
            vmap_runs(stacked, losses.new_full((len(runs),), 0.01), function=Objective.after_step)
            values["parameters after a step"] = [parameter.detach() for parameter in stacked.parameters()]
    flat = {}
    for what, tensors in values.items():
        flat[what] = torch.cat([tensor.reshape(len(runs), -1) for tensor in tensors], 1)
    return flat


def _represent(network: Network, x: Tensor) -> Tensor:
    return network.representations(x)


def _agree(got: Tensor, expected: Tensor) -> bool:
    scale = expected[expected.isfinite()].abs().max() if expected.isfinite().any() else 1.0
    return torch.allclose(got, expected, rtol=0.0, atol=float(scale) * TOLERANCE[expected.dtype], equal_nan=True)
