"""The check of a sharing strategy."""

import math
from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.metrics import relative_copy_distance, unique_parameters
from sharegap.plan.run import Run
from sharegap.plan.targets import instantiate
from sharegap.sharing.distances import squared_distance_to_mean
from sharegap.testing.findings import first_difference, require, stating
from sharegap.testing.runs import choices, compose_options, from_weak_to_strong, make_run
from sharegap.testing.sites import record_sites, small_options
from sharegap.testing.training import (
    batch_of,
    differing_figure,
    minimize,
    require_trainable,
    slope_error,
    train,
    weights_after,
)
from sharegap.testing.weight import SHAPES, check_start, check_weight
from sharegap.training.objective import Objective

STRONG = 100.0
"""How far beyond the strongest of the grid copies must have become equal."""


def check_strategy(name: str, config_dir: str | None = None, models: Sequence[str] | None = None) -> None:
    """Check a sharing strategy at the site of every model, or of some.

    Its YAML must have a range for its strength, and a grid from weak to strong. At each site that the strategy does
    not refuse by a UserError:

    - It returns all copies, (copies, *shape), drawn from PyTorch's default generator with the spread of `init`.
    - Its penalty is a finite scalar, and gradients agree with finite differences.
    - At strength 0 it trains as `sharing=independent` does, bit for bit, and at strength ∞ as `sharing=hard`, where its
      range holds these.
    - If it says `approaches_hard`, great strengths make copies equal.
    - Without a strength, each step of its grid leaves as many parameters or fewer.
    - It trains in a fleet as alone, and resumes.
    - If it can begin from given copies, it takes those that it can represent as they are.

    Args:
        name: a choice of the config group `sharing`.
        config_dir: a folder with more choices, which holds `sharing/<name>.yaml`.
        models: the names of these models; None for all, which takes about half a minute.

    Raises:
        AssertionError: for the first of these that does not hold.

    Example:
        >>> check_strategy("hard")  # doctest: +SKIP
    """
    check_strengths(name, config_dir)
    served = [
        model for model in models or choices("model", config_dir) if check_strategy_at_site(name, model, config_dir)
    ]
    require(served, f"sharing={name} must serve the site of a model, got a refusal at each of them")


def check_strengths(name: str, config_dir: str | None = None) -> None:
    """Check what the YAML of a strategy says of its strength, its range and its grid."""
    sharing = compose_options(f"sharing={name}", config_dir=config_dir).sharing
    require(sharing.name == name, f"sharing={name} must have name: {name} in its YAML, got {sharing.name}")
    if "strength" not in sharing:
        return
    require("range" in sharing, f"sharing={name} must declare the range of its strength, e.g. range: '[0, inf)'")
    grid = sharing.get("grid") or []
    require(
        grid and from_weak_to_strong(0.0, grid),
        f"sharing={name} must have a grid from weak to strong, 0 left out, got {list(grid)}",
    )
    weakest = [0] if sharing.range.startswith("[0") else []
    for strength in (*weakest, sharing.strength, *grid):
        make_run(f"sharing={name}", f"sharing.strength={strength}", config_dir=config_dir)
    for strength in (-1, math.nan):
        try:
            make_run(f"sharing={name}", f"sharing.strength={strength}", config_dir=config_dir)
        except UserError:
            continue
        raise AssertionError(f"sharing={name} must refuse the strength {strength}, got none of it: see its range")


def check_strategy_at_site(name: str, model: str, config_dir: str | None = None) -> bool:
    """Check a sharing strategy at the site of one model, and return whether it serves that site.

    Example:
        >>> check_strategy_at_site("soft_smooth", "siamese")  # whose two branches have no order
        False
    """
    options = (*small_options(model, config_dir), f"sharing={name}")
    run = make_run(*options, config_dir=config_dir)
    where = f"sharing={name} at model={model}"
    sites = sorted({site for site, _ in record_sites(run)}, key=str)
    try:
        with stating(f"{where}: building it"):
            sharing = instantiate(run.config["sharing"]["strategy"])
            for site, shape in product(sites, SHAPES):
                check_weight(sharing, site, shape, f"{where}, a weight {shape}")
            build_objective(run)
    except UserError as refusal:
        require(
            sites[0].name in str(refusal),
            f"{where} must say which site it refuses, {sites[0].name}, got: {refusal}",
        )
        return False
    with stating(f"{where}: training it"):
        _check_penalty(run, where)
        if "strength" in run.config["sharing"]:
            range_ = compose_options(*options, config_dir=config_dir).sharing.range
            if range_.startswith("[0"):
                _check_weak_end(run, make_run(*options, "sharing=independent", config_dir=config_dir), where)
            if range_.endswith("inf]"):
                _check_hard_end(run, make_run(*options, "sharing=hard", config_dir=config_dir), where)
            _check_strong_end(run, _strongest(options, config_dir), where)
        else:
            _check_grid(options, config_dir, where)
        _check_gradients(run, where)
        _check_fleet(run, where)
        for site, shape in product(sites, SHAPES):
            check_start(sharing, site, shape, f"{where}, a weight {shape}")
    return True


def _check_penalty(run: Run, where: str) -> None:
    for weight in build_objective(run).shared_weights():
        penalty = weight.penalty()
        if penalty is not None:
            require(
                penalty.shape == () and penalty.isfinite(),
                f"{where} must have a penalty that is a finite scalar, got {penalty.tolist()}",
            )


def _check_weak_end(run: Run, independent: Run, where: str) -> None:
    off = weights_after(5, run.with_numbers({"sharing.strength": 0}))
    name = first_difference(weights_after(5, independent), off)
    require(
        name is None,
        f"{where} must train as sharing=independent does at strength 0, bit for bit, got another {name} after 5 steps",
    )


def _check_hard_end(run: Run, hard: Run, where: str) -> None:
    hardest = weights_after(5, run.with_numbers({"sharing.strength": math.inf}))
    name = first_difference(weights_after(5, hard), hardest, rel=1e-6)
    require(
        name is None,
        f"{where} must train as sharing=hard does at strength inf, got another {name} after 5 steps",
    )


def _strongest(options: Sequence[str], config_dir: str | None) -> float:
    return STRONG * max(compose_options(*options, config_dir=config_dir).sharing.grid)


def _check_strong_end(run: Run, strength: float, where: str) -> None:
    """Little is left of the distance between independent copies after 300 steps on the penalty alone."""
    objective = build_objective(run.with_numbers({"sharing.strength": strength})).double()
    weights = objective.shared_weights()
    if not all(weight.approaches_hard for weight in weights):
        return
    before = _distances(objective)

    def penalty() -> Tensor | None:
        penalties = [weight.penalty() for weight in weights]
        present = [value for value in penalties if value is not None]
        return torch.stack(present).sum() if present else None

    minimize(penalty, objective, steps=300)
    after = _distances(objective)
    require(
        (after < 0.2 * before).all(),
        f"{where} says that it approaches_hard: copies must become equal at strength {strength:g}, got distances "
        f"{after.tolist()} from {before.tolist()} by 300 steps",
    )


@torch.no_grad()
def _distances(objective: Objective) -> Tensor:
    """The distance between copies, and relative to their mean: shrinking all weights, or moving them, lowers one."""
    distance = sum(squared_distance_to_mean(weight()) for weight in objective.shared_weights())
    return torch.stack([torch.as_tensor(distance).sqrt(), relative_copy_distance(objective.network)])


def _check_grid(options: Sequence[str], config_dir: str | None, where: str) -> None:
    """Without a strength, a grid is one of how much is shared: each value leaves at most as many parameters."""
    sharing = compose_options(*options, config_dir=config_dir).sharing
    if not sharing.get("grid"):
        return
    tuned = compose_options(f"method={sharing.name}", config_dir=config_dir).method.tunes
    runs = [make_run(*options, f"{tuned}={value}", config_dir=config_dir) for value in sharing.grid]
    counts = [unique_parameters(build_objective(run).network) for run in runs]
    require(
        counts == sorted(counts, reverse=True),
        f"{where} must share more from each value of its grid {sharing.grid} to the next, got {counts} parameters",
    )


def _check_gradients(run: Run, where: str) -> None:
    error = slope_error(build_objective(run).double(), *batch_of(run))
    require(
        error < 1e-5,
        f"{where}: gradients must agree with finite differences, got a relative error of {error:.2g}: leave out "
        "detach and no_grad",
    )


def _check_fleet(run: Run, where: str) -> None:
    require_trainable(run, where)
    _, [together, other] = train(run, run.with_numbers({"seed": 1}))
    require(not together["diverged"], f"{where} must train 4 steps, got a loss that is not finite")
    require(
        together["final train loss"] != other["final train loss"],
        f"{where} must differ between seeds, got the same loss for seeds 0 and 1",
    )
    # The one training is recorded and the other is not: so that a recording changes nothing is checked as well.
    _, [alone] = train(run, killed_at=3, recorded=False)
    name = differing_figure(together, alone)
    require(
        name is None,
        f"{where} must train in a fleet as alone and resume where it was, got another {name}: keep all state in "
        "parameters and buffers",
    )
