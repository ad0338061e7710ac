"""The check of a data set."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sharegap.data.dataset import Dataset
from sharegap.data.split import split, split_sizes
from sharegap.execute.build import build_objective
from sharegap.plan.targets import instantiate
from sharegap.testing.findings import require, stating
from sharegap.testing.runs import compose_options, make_run
from sharegap.testing.sites import fitting_options
from sharegap.testing.training import batch_of

SEEDS = range(3)
KNOWN_DUPLICATES = 0.01
"""The share of test samples that may be among the training samples: published data have a few."""


def check_dataset(name: str, config_dir: str | None = None, overrides: Sequence[str] = ()) -> None:
    """Check a data set.

    - Both parts have samples and targets, finite and of one shape; classes are numbered from 0.
    - Loading it twice gives the same.
    - Test samples are not among the training samples.
    - The sizes of its YAML can be drawn, and a split never divides a group.
    - A model takes it, and the loss of its task is finite.

    Args:
        name: a choice of the config group `dataset`.
        config_dir: a folder with more choices, which holds `dataset/<name>.yaml`.
        overrides: further options, e.g. `dataset.path=mine.csv`.

    Raises:
        AssertionError: for the first of these that does not hold.

    Example:
        >>> check_dataset("digits")
    """
    options = (f"dataset={name}", *overrides)
    config = compose_options(*options, config_dir=config_dir).dataset
    with stating(f"dataset={name}: loading it"):
        dataset, again = instantiate(config.load), instantiate(config.load)
    require(
        isinstance(dataset, Dataset),
        f"dataset={name} must be a sharegap.data.dataset.Dataset, got {type(dataset).__name__}",
    )
    require(config.name == name, f"dataset={name} must have name: {name} in its YAML, got {config.name}")
    check_tensors(dataset, f"dataset={name}")
    for part in ("x", "y", "x_test", "y_test"):
        same = torch.equal(getattr(dataset, part), getattr(again, part))
        require(same, f"dataset={name} must be the same whenever it is loaded, got another {part}: fix its seed")
    _check_test_part(dataset, f"dataset={name}")
    _check_split(dataset, config.n_train, config.n_validation, f"dataset={name}")
    _check_loss((name, *overrides), config_dir, f"dataset={name}")


def check_tensors(dataset: Dataset, where: str) -> None:
    """Check the shapes, types and values of a data set; `where` names it in messages."""
    for part, x, y in (("", dataset.x, dataset.y), ("_test", dataset.x_test, dataset.y_test)):
        require(
            len(x) == len(y) > 0,
            f"{where} must have as many samples as targets, and some: got {len(x)} x{part} and {len(y)} y{part}",
        )
        require(
            tuple(x.shape[1:]) == dataset.sample_shape and y.shape[1:] == dataset.y.shape[1:],
            f"{where} must have one shape in both parts, got x{part} {tuple(x.shape)} and y{part} {tuple(y.shape)}",
        )
        for label, tensor in ((f"x{part}", x), (f"y{part}", y)):
            _check_numbers(tensor, f"{where}: {label}")
        if dataset.classes:
            _check_classes(y, dataset.classes, f"{where}: y{part}")
    for label in ("strata", "groups", "validation"):
        numbers = getattr(dataset, label)
        shape = (len(dataset.y),) if numbers is None else numbers.shape
        require(
            shape == (len(dataset.y),), f"{where} must have a number in {label} for each training sample, got {shape}"
        )


def _check_numbers(tensor: Tensor, where: str) -> None:
    expected = torch.float32 if tensor.is_floating_point() else torch.int64
    require(tensor.dtype == expected, f"{where} must be float32 or int64, got {tensor.dtype}")
    broken = tensor.numel() - int(tensor.isfinite().sum())
    require(not broken, f"{where} must be finite, got {broken} numbers that are NaN or infinite")


def _check_classes(y: Tensor, classes: int, where: str) -> None:
    """Class numbers in their range; of several targets −1 is a missing one."""
    low, high, lowest = int(y.min()), int(y.max()), -1 if y.dim() > 1 else 0
    require(
        y.dtype == torch.int64 and lowest <= low and high < classes,
        f"{where} must be class numbers from 0 to {classes - 1}, got {y.dtype} from {low} to {high}",
    )


def _check_test_part(dataset: Dataset, where: str) -> None:
    """No more test samples than `KNOWN_DUPLICATES` are training samples; windows of tokens may occur again."""
    if dataset.has_tokens:
        return
    seen = {sample.tobytes() for sample in dataset.x.numpy()}
    leaked = sum(sample.tobytes() in seen for sample in dataset.x_test.numpy())
    require(
        leaked <= KNOWN_DUPLICATES * len(dataset.x_test),
        f"{where} must have a test part apart from the training part, got {leaked} of {len(dataset.x_test)} test "
        "samples that are training samples, too",
    )


def _check_split(dataset: Dataset, n_train: int | None, n_validation: float, where: str) -> None:
    with stating(f"{where}: drawing dataset.n_train={n_train} and dataset.n_validation={n_validation}"):
        sizes = split_sizes(dataset, n_train, n_validation)
        for seed in SEEDS:
            train, validation = split(dataset, seed, *sizes)
            got = (len(train), len(validation))
            require(got == sizes, f"{where} must have samples for its sizes {sizes}, got {got}")
            if dataset.groups is not None:
                divided = set(dataset.groups[train]) & set(dataset.groups[validation])
                require(not divided, f"{where} must keep groups whole in a split, got {len(divided)} divided ones")


def _check_loss(options: Sequence[str], config_dir: str | None, where: str) -> None:
    with stating(f"{where}: its loss"):
        run = make_run(*fitting_options(*options, config_dir=config_dir), config_dir=config_dir)
        loss = build_objective(run).double()(*batch_of(run))
        require(loss.isfinite(), f"{where} must have a finite loss, got {loss.item()}")
