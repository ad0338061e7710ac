"""Warm-up, cosine decay and clipping are torch's, for each run by itself."""

import math
import warnings

import pytest
import torch
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.testing.training import train
from sharegap.training.fleet_step import places_by_member
from sharegap.training.schedule import Schedule, clip_runs, learning_rate_factors
from tests.helpers import make_run
from tests.training.test_fleet_step import make_step

EXACT = ["trainer.precision=64-true", "optimizer=adamw", "optimizer.lr=0.01"]
SCHEDULE = ["training.warmup_steps=3", "training.final_lr=0.1", "training.clip_norm=0.5"]


def test_factors_are_those_of_torchs_schedulers():
    steps, warmup, final = 50, 10, 0.1
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    rise = LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
    fall = CosineAnnealingLR(optimizer, T_max=steps - warmup, eta_min=final)
    scheduler, expected = SequentialLR(optimizer, [rise, fall], milestones=[warmup]), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(steps):
            expected.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
    factors = learning_rate_factors(steps, warmup, final)
    torch.testing.assert_close(factors, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize(("warmup", "final"), [(0, 1), (0, 0), (5, 1), (5, 0)])
def test_factors_stay_between_zero_and_one(warmup, final):
    factors = learning_rate_factors(5, warmup, final)
    assert len(factors) == 5
    assert (factors > 0).all()
    assert (factors <= 1).all()
    assert (factors == 1).all() == (warmup == 0 and final == 1)


def test_each_run_is_clipped_by_its_own_norm():
    """A run whose gradient is not finite changes no other."""
    torch.manual_seed(0)
    gradients = [torch.randn(4, 3, 2), None, torch.randn(4, 5)]
    gradients[0][2, 0, 0] = math.nan
    norms = torch.tensor([0.1, 100.0, 1.0, 1.0])
    clipped = clip_runs(gradients, norms)
    assert clipped[1] is None
    for run, norm in enumerate(norms):
        parameters = [torch.nn.Parameter(torch.zeros(3, 2)), torch.nn.Parameter(torch.zeros(5))]
        parameters[0].grad, parameters[1].grad = gradients[0][run].clone(), gradients[2][run].clone()
        clip_grad_norm_(parameters, norm.item())
        for parameter, ours in zip(parameters, (clipped[0], clipped[2]), strict=True):
            torch.testing.assert_close(ours[run], parameter.grad, equal_nan=True)
    assert torch.equal(clipped[0][1], gradients[0][1])  # it was short enough


def test_each_member_is_clipped_as_if_alone():
    """Members of an ensemble are trained independently."""
    torch.manual_seed(0)
    gradients = [torch.randn(2, 3), None, torch.randn(2, 5), torch.randn(2, 4)]
    training = {"steps": 5, "clip_norm": 0.1}
    clipped = Schedule([training, training]).clip(gradients, [[0, 2], [1], [3]])
    assert clipped[1] is None
    for places in ([0, 2], [3]):
        norms = torch.cat([clipped[place] for place in places], 1).norm(dim=1)
        torch.testing.assert_close(norms, torch.full((2,), 0.1), rtol=1e-4, atol=0)


def test_places_by_member():
    members = [torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)]
    other = torch.nn.Parameter(torch.zeros(1))
    parameters = [members[1].weight, other, *members[0].parameters(), members[1].bias]
    assert places_by_member(members, parameters) == [[1, 2, 3], [0, 4]]


def test_a_fleet_steps_as_torchs_loops():
    """Two runs of other numbers, each against a loop in plain PyTorch."""
    numbers = {
        "training.warmup_steps": [3, 6],
        "training.final_lr": [0.1, 0.5],
        "training.clip_norm": [0.5, 2.0],
        "optimizer.lr": [0.01, 0.003],
    }
    base = make_run(*EXACT, *SCHEDULE, "sharing=hard")
    runs = [base.with_numbers({name: both[run] for name, both in numbers.items()} | {"seed": run}) for run in (0, 1)]
    fleet, _ = train(*runs)
    data = fleet.data
    for number, run in enumerate(runs):
        objective, training = build_objective(run).double(), run.config["training"]
        lr, factors = (
            run.config["optimizer"]["lr"],
            learning_rate_factors(50, training["warmup_steps"], training["final_lr"]),
        )
        optimizer = torch.optim.AdamW(objective.parameters(), lr=lr, weight_decay=0.1)
        for step, factor in enumerate(factors.tolist()):
            chosen = data.train_order[step, number]
            optimizer.param_groups[0]["lr"] = lr * factor
            optimizer.zero_grad()
            objective(data.dataset.x[chosen].double(), data.dataset.y[chosen]).backward()
            clip_grad_norm_(objective.parameters(), training["clip_norm"])
            optimizer.step()
        for ours, expected in zip(fleet.objectives.parameters(), objective.parameters(), strict=True):
            torch.testing.assert_close(ours[number], expected.detach(), rtol=0, atol=1e-8)


def test_what_follows_a_step_has_its_learning_rate():
    step = make_step([*SCHEDULE, "sharing=soft_proximal"])
    rates = []
    for _ in range(4):  # the third call replays the first two
        step.take()
        rates.append(step.lr.clone())
    factors = learning_rate_factors(50, 3, 0.1)[:4]
    torch.testing.assert_close(torch.stack(rates), factors.unsqueeze(1) * torch.tensor([0.01, 0.003]).double())


def test_without_options_nothing_is_changed():
    schedule, gradients = Schedule([{"steps": 5}]), [torch.ones(1, 3)]
    lr_scale = torch.ones(1)
    assert schedule.scale(lr_scale, torch.tensor(0)) is lr_scale
    assert schedule.clip(gradients, [[0]]) is gradients
    assert not list(schedule.state_dict())


def test_options_are_part_of_a_run_where_they_are_set():
    plain = make_run()
    assert "clip_norm" not in plain.config["training"]
    assert len({plain.id, *(make_run(option).id for option in (*SCHEDULE, "training.final_lr=0.5"))}) == 5


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("warmup_steps=51", "training.warmup_steps must be <= training.steps=50, got 51"),
        ("warmup_steps=0", "training.warmup_steps must be an integer >= 1, got 0"),
        ("final_lr=1.5", r"training.final_lr must be in \[0, 1\], got 1.5"),
        ("clip_norm=0", "training.clip_norm must be a finite number > 0, got 0"),
    ],
)
def test_refuses_options_out_of_range(option, message):
    with pytest.raises(UserError, match=message):
        make_run(f"training.{option}")
