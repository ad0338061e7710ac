"""The check of a regularizer."""

import math
from collections.abc import Sequence

import torch
from omegaconf import DictConfig
from torch import Tensor

from sharegap.errors import UserError, check_range
from sharegap.execute.build import build_objective
from sharegap.plan.run import SEARCH_KEYS, Run
from sharegap.plan.targets import instantiate
from sharegap.regularizers import Regularizer
from sharegap.testing.findings import first_difference, require, stating
from sharegap.testing.runs import SHORT, choices, compose_options, from_weak_to_strong, make_run
from sharegap.testing.sites import small_options
from sharegap.testing.training import batch_of, differing_figure, require_trainable, train, weights_after
from sharegap.training.fleet import Fleet

STRENGTHS = (-math.inf, -1, -0.1, 0, 0.5, 1, 1.1, 1.5, 2, math.inf, math.nan)
"""Of which each is inside or outside the range of a regularizer."""


def check_regularizer(name: str, config_dir: str | None = None, models: Sequence[str] | None = None) -> None:
    """Check a regularizer with every model, or with some.

    Its YAML and its class agree on the range of the strength, and the grid goes from weak to strong. It trains at each
    strength of the grid. With each model that it does not refuse by a UserError:

    - At the strength `off` it trains as there is no regularizer: with the first model bit for bit.
    - It trains in a fleet as alone: `strength` is used as a tensor, never in an `if`.
    - It does nothing in evaluation.

    Args:
        name: a choice of the config group `regularizer`.
        config_dir: a folder with more choices, which holds `regularizer/<name>.yaml`.
        models: the names of these models; None for all, which takes about half a minute.

    Raises:
        AssertionError: for the first of these that does not hold.

    Example:
        >>> check_regularizer("l2")  # doctest: +SKIP
    """
    check_range_and_grid(name, config_dir)
    served = [
        model
        for model in models or choices("model", config_dir)
        if check_regularizer_with_model(name, model, config_dir)
    ]
    require(served, f"regularizer={name} must serve a model, got a refusal of each of them")
    check_grid_trains(name, served[0], config_dir)


def check_range_and_grid(name: str, config_dir: str | None = None) -> None:
    """Check that the YAML of a regularizer and its class agree on the strengths that there are."""
    composed = compose_options(f"regularizer=[{name}]", config_dir=config_dir).regularizer
    require(name in composed, f"regularizer={name} must have the one key {name} in its YAML, got {list(composed)}")
    options = composed[name]
    missing = [key for key in ("strength", "range", "grid") if key not in options]
    require(not missing, f"regularizer={name} must have strength, range and grid in its YAML, lacks {missing}")
    regularizer = _build(options, options.strength)
    require(
        options.range == regularizer.strength_range,
        f"regularizer={name} must have the strength_range of its class as range, {regularizer.strength_range}, got "
        f"{options.range}",
    )
    require(
        from_weak_to_strong(regularizer.off, options.grid),
        f"regularizer={name} must have a grid from weak to strong, away from off={regularizer.off}, got {options.grid}",
    )
    for strength in (regularizer.off, *options.grid):
        _build(options, strength)
    for strength in STRENGTHS:
        require(
            _is_in(options.range, strength) or not _is_accepted(options, strength),
            f"regularizer={name} must refuse strengths outside {options.range}, got none of {strength}: pass strength "
            "to super().__init__",
        )


def _build(options: DictConfig, strength: float) -> Regularizer:
    arguments = {key: value for key, value in options.items() if key not in SEARCH_KEYS}
    with stating(f"{options._target_} with strength {strength}"):
        regularizer: Regularizer = instantiate(arguments | {"strength": strength})
    return regularizer


def _is_in(interval: str, strength: float) -> bool:
    try:
        check_range("strength", strength, interval)
    except UserError:
        return False
    return True


def _is_accepted(options: DictConfig, strength: float) -> bool:
    try:
        _build(options, strength)
    except UserError:
        return False
    return True


def check_regularizer_with_model(name: str, model: str, config_dir: str | None = None) -> bool:
    """Check a regularizer with one model, and return whether it serves that model.

    Example:
        >>> check_regularizer_with_model("augmentation", "per_task")  # whose data declare no augmentation
        False
    """
    options = small_options(model, config_dir)
    plain = make_run(*options, config_dir=config_dir)
    run = make_run(*options, f"regularizer=[{name}]", config_dir=config_dir)
    where = f"regularizer={name} with model={model}"
    try:
        with stating(f"{where}: building it"):
            off = _regularizer_of(run, name).off
    except UserError:
        return False
    with stating(f"{where}: training it"):
        _check_off(run.with_numbers({f"regularizer.{name}.strength": off}), plain, f"{where} at strength {off}")
    _check_evaluation(run, plain, where)
    _check_fleet(run, where)
    return True


def _regularizer_of(run: Run, name: str) -> Regularizer:
    regularizer = build_objective(run).regularizer_modules[name]
    require(
        isinstance(regularizer, Regularizer),
        f"regularizer={name} must be a sharegap.regularizers.Regularizer, got {type(regularizer).__name__}",
    )
    assert isinstance(regularizer, Regularizer)
    return regularizer


def _check_off(off: Run, plain: Run, where: str) -> None:
    # A loss that is computed from the outputs twice may sum its gradient in another order.
    differing = first_difference(weights_after(5, plain), weights_after(5, off), rel=1e-9)
    require(
        differing is None,
        f"{where} must train as there is no regularizer, got another {differing} after 5 steps: say in `off` at which "
        "strength it does nothing",
    )


def _check_evaluation(run: Run, plain: Run, where: str) -> None:
    x, y = batch_of(run)
    objective, expected = (build_objective(case).double().eval() for case in (run, plain))
    with stating(f"{where}: its evaluation"), torch.no_grad():
        outputs = objective(x)
        same = torch.equal(outputs, expected(x))
        require(same, f"{where} must do nothing in evaluation, got other outputs: look at `self.training` in its layer")
        require(objective.task.loss(outputs, y).isfinite().all(), f"{where} must have a finite loss, got another")


def _check_fleet(run: Run, where: str) -> None:
    require_trainable(run, where)
    with stating(f"{where}: training it"):
        _, [alone] = train(run, recorded=False)
    try:
        _, [_, together] = train(run.with_numbers({"seed": 1}), run)
    except RuntimeError as error:
        raise AssertionError(
            f"{where} must train in a fleet, under torch.func.vmap: use strength as a tensor, never in an `if`, and "
            f"draw noise in a NoiseLayer; torch says: {' '.join(str(error).split())}"
        ) from error
    require(not alone["diverged"], f"{where} must train 4 steps, got a loss that is not finite")
    differing = differing_figure(alone, together)
    require(
        differing is None,
        f"{where} must train in a fleet as alone, got another {differing}: keep all state in buffers",
    )


def check_grid_trains(name: str, model: str, config_dir: str | None = None) -> None:
    """Check that a regularizer trains with a model at each strength of its grid, and switched off as there is none."""
    options = (*small_options(model, config_dir), *SHORT)
    grid = compose_options(f"regularizer=[{name}]", config_dir=config_dir).regularizer[name].grid
    run, path = make_run(*options, f"regularizer=[{name}]", config_dir=config_dir), f"regularizer.{name}.strength"
    off = _regularizer_of(run, name).off
    fleet = [run.with_numbers({path: strength}) for strength in (*grid, off)]
    _, rows = train(*fleet)
    for strength, row in zip((*grid, off), rows, strict=True):
        where = f"regularizer={name} with model={model} at strength {strength}"
        require(not row["diverged"], f"{where} must train 50 steps, got a loss that is not finite")
        losses = [value for label, value in row.items() if label.endswith("train loss") and label[0].isdigit()]
        require(losses[-1] < losses[0], f"{where} must learn, got a training loss from {losses[0]} to {losses[-1]}")
    (without, [plain]), (still, [switched_off]) = train(make_run(*options, config_dir=config_dir)), train(fleet[-1])
    where = f"regularizer={name} with model={model} at strength {off}"
    differing = first_difference(_parameters(without), _parameters(still))
    differing = differing or differing_figure(plain, switched_off, rel=0, abs_=0)
    require(differing is None, f"{where} must train as there is no regularizer, bit for bit, got another {differing}")


def _parameters(fleet: Fleet) -> dict[str, Tensor]:
    return dict(fleet.objectives.named_parameters())
