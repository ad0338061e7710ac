"""Steps that are recorded and replayed are those of the plain loop, bit for bit."""

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode

from sharegap.execute.build import build_fleet
from sharegap.training.captured_step import CapturedStep
from sharegap.training.fleet_noise import FleetNoise
from sharegap.training.fleet_step import FleetStep, place_step_counts
from tests.helpers import make_run

METHODS = {
    "none": [],
    "hard": ["sharing=hard"],
    "soft": ["sharing=soft"],
    "proximal": ["sharing=soft_proximal"],
    "dropout": ["regularizer=[dropout,l2,output_noise]"],
    "ensemble": ["model.ensemble_size=2"],
    "pairs": ["dataset=digit_pairs", "model=siamese"],
    "recurrent": ["model=recurrent"],
    "images": ["dataset=digits", "model=local2d", "sharing=hard"],
    "sgd": ["optimizer=sgd"],
    "schedule": ["sharing=soft_proximal", "training.warmup_steps=3", "training.final_lr=0.1", "training.clip_norm=0.1"],
    "transformer": ["model=transformer_heads", "optimizer=adamw", "sharing=soft"],
}


def make_step(options, kind=FleetStep, can_be_recorded=None, rates=(0.01, 0.003)):
    runs = [make_run(*options, f"optimizer.lr={rate}", f"seed={seed}") for seed, rate in enumerate(rates)]
    fleet = build_fleet(runs)
    data, cpu = fleet.data, torch.device("cpu")
    noise = FleetNoise(fleet.objectives, fleet.noise_layouts, data.seeds, cpu, slice(None))
    samples = (data.dataset.x, data.dataset.y)
    optimizer, order = fleet.configure_optimizers(), data.train_order
    step = kind(
        fleet.objectives,
        optimizer,
        fleet.max_lr,
        fleet.lr_scale,
        fleet.run_state,
        noise,
        samples,
        order,
        None,
        fleet.schedule,
    )
    for recording in (step.gradients, step.after_step):
        if recording and can_be_recorded is not None:
            recording.can_be_recorded = can_be_recorded
    return step


class Uncaptured(CapturedStep):
    """What a GPU captures, without one."""

    take = FleetStep.take


class HostMayNotRead(TorchDispatchMode):
    """Raises where the host waits for a number of the device."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        waits = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape} & set(function.tags)
        assert not waits, f"{function} waits for the device"
        return function(*args, **(kwargs or {}))


def weights(step):
    return torch.cat([parameter.detach().flatten() for parameter in step.parameters])


@pytest.mark.parametrize("options", METHODS.values(), ids=METHODS)
def test_recorded_steps_equal_those_of_the_loop(options):
    recorded, plain = make_step(options, can_be_recorded=True), make_step(options, can_be_recorded=False)
    for _ in range(4):
        recorded.take()
        plain.take()
        assert torch.equal(weights(recorded), weights(plain))
    assert recorded.gradients.replay is not None
    assert plain.gradients.replay is None


@pytest.mark.parametrize("options", METHODS.values(), ids=METHODS)
def test_a_whole_step_can_be_captured(options):
    """A step that reads nothing but tensors in their places can be replayed as it is: here by torch.fx."""
    replayed, plain = make_step(options, Uncaptured), make_step(options, Uncaptured)
    for _ in range(3):  # an optimizer makes its state in the first step
        replayed.take()
        plain.take()
    assert replayed.gradients.replay is None
    with HostMayNotRead():
        plain.take()
    program = make_fx(lambda *_: replayed.take() or [])(replayed.run_state.step)  # takes one step
    for _ in range(3):
        with torch.no_grad():
            program(replayed.run_state.step)
        plain.take()
    assert replayed.run_state.step == plain.run_state.step == 7
    assert torch.equal(weights(replayed), weights(plain))


def test_masked_steps_equal_plain_ones():
    """What a GPU captures masks each update, though all runs are active and at one rate."""
    masked, plain = (make_step(METHODS["dropout"], kind, rates=(0.01, 0.01)) for kind in (Uncaptured, FleetStep))
    for _ in range(3):
        masked.take()
        plain.take()
    assert not masked.is_uniform
    assert plain.is_uniform
    assert torch.equal(weights(masked), weights(plain))


def test_half_precision_sees_each_steps_weights():
    """Autocast keeps the weights that it has converted, while many steps are taken inside of it."""
    inside, apart = make_step([]), make_step([])
    with torch.autocast("cpu", torch.bfloat16):
        for _ in range(4):
            inside.take()
    for _ in range(4):
        with torch.autocast("cpu", torch.bfloat16):
            apart.take()
    assert torch.equal(weights(inside), weights(apart))


@pytest.mark.parametrize(
    ("options", "on_device", "device", "dtype"),
    [
        ({}, True, "meta", torch.float64),
        ({}, False, "cpu", torch.float64),
        ({"fused": True}, False, "meta", torch.float32),
        ({"fused": True}, True, "meta", torch.float32),
    ],
)
def test_steps_are_counted_where_the_optimizer_needs_it(options, on_device, device, dtype):
    """Whatever a checkpoint says; in double precision where the parameters are, for the count decides digits."""
    parameter = torch.nn.Parameter(torch.ones(2, dtype=torch.float64, device="meta"))
    optimizer = torch.optim.Adam([parameter])
    optimizer.param_groups[0] |= {"capturable": not on_device} | options
    optimizer.state[parameter]["step"] = torch.tensor(3.0)
    place_step_counts(optimizer, on_device)
    count = optimizer.state[parameter]["step"]
    assert optimizer.param_groups[0]["capturable"] is on_device
    assert (count.device.type, count.dtype) == (device, dtype)


def test_optimizer_that_counts_no_steps_is_left_alone():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))])
    before = repr(optimizer.state_dict())
    place_step_counts(optimizer, True)
    assert repr(optimizer.state_dict()) == before
