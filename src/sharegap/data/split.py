"""Draw a run's training and validation samples from a data set."""

from collections import Counter

import numpy as np

from sharegap.data.dataset import Dataset
from sharegap.errors import UserError, as_int
from sharegap.seeding import derive_seed


def split(dataset: Dataset, seed: int, n_train: int, n_validation: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw disjoint, stratified training and validation samples.

    For one seed, a smaller training set is part of every larger one, and all share their validation set.

    Args:
        dataset: where the samples come from; its test part is not used.
        seed: the only source of chance.
        n_train: number of training samples, at least one per stratum.
        n_validation: number of validation samples; 0 is allowed.

    Returns:
        Indices into the training part, (n_train,) and (n_validation,).

    Raises:
        UserError: if the training part is too small, or smaller than the strata need.
    """
    num_samples = len(dataset.y)
    strata = np.zeros(num_samples, dtype=int) if dataset.strata is None else dataset.strata
    num_strata = len(np.unique(strata))
    most = num_samples - 1 if dataset.validation is None else int(dataset.validation.sum())
    if not 0 <= n_validation <= most:
        reason = "the training part less one" if dataset.validation is None else "as many as are for validation"
        raise UserError(f"dataset.n_validation must be from 0 to {most}, {reason}, got {n_validation}")
    rng = np.random.default_rng(derive_seed(seed, "split"))
    if dataset.order is not None:
        validation, train = _interleaved_parts(strata, are_latest(dataset.order, n_validation), rng)
    elif dataset.validation is None:
        validation, train = hold_out(strata, dataset.groups, n_validation, rng, dataset.duplicates)
    else:
        validation, train = _interleaved_parts(strata, dataset.validation, rng)
    if not num_strata <= n_train <= len(train):
        raise UserError(
            f"dataset.n_train must be from {num_strata}, one per class, to {len(train)}, which {n_validation} for "
            f"validation leave of {num_samples}, got {n_train}"
        )
    return train[:n_train], validation[:n_validation]


def split_sizes(dataset: Dataset, n_train: int | None, n_validation: float) -> tuple[int, int]:
    """Resolve the configured sizes of a split to numbers of samples.

    Args:
        dataset: where the samples come from.
        n_train: number of training samples; None for as many as are left for every seed.
        n_validation: number of validation samples, or a fraction of the training part if between 0 and 1.

    Returns:
        The number of training samples and of validation samples.

    Raises:
        UserError: if a size is no integer in its range.
    """
    num_samples = len(dataset.y)
    is_fraction = isinstance(n_validation, float) and 0 < n_validation < 1
    count = as_int("dataset.n_validation", round(n_validation * num_samples) if is_fraction else n_validation, 0)
    if n_train is None:
        n_train = num_samples - count
        if dataset.validation is not None:
            n_train = int((~dataset.validation).sum())
        elif dataset.order is not None:
            n_train = int((~are_latest(dataset.order, count)).sum())
        elif count and dataset.duplicates is not None:
            sizes = np.unique(dataset.duplicates, return_counts=True)[1]
            # Single samples fill validation exactly; without enough of them it may exceed `count`.
            n_train -= 0 if (sizes == 1).sum() >= count else int(sizes.max()) - 1
        elif count and dataset.groups is not None:
            # Validation takes whole groups, so it may exceed `count` by all but one sample of the largest.
            n_train -= int(np.unique(dataset.groups, return_counts=True)[1].max()) - 1
        n_train = max(1, n_train)
    return as_int("dataset.n_train", n_train), count


def hold_out(
    strata: np.ndarray,
    groups: np.ndarray | None,
    count: int,
    rng: np.random.Generator,
    duplicates: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Divide samples at random in two parts that are stratified and keep groups whole.

    Args:
        strata: (samples,) numbers to keep in proportion.
        groups: (samples,) numbers of groups to keep whole, or None.
        count: size of the held-out part; with groups, the fewest random groups that contain so many samples.
        rng: the source of chance.
        duplicates: (samples,) numbers of equal samples to keep together with their groups, or None. The held-out part
            then takes what still fits, and has more than `count` samples only where nothing does.

    Returns:
        Indices of the held-out samples and of the rest, in a random order of which every stretch is stratified.
    """
    order = _interleave_strata(strata, rng.permutation(len(strata)))
    if duplicates is not None:
        order, is_held_out = _draw_units(order, duplicates, count, strata)
    elif groups is not None:
        is_held_out = np.isin(order, _draw_groups(groups, count, rng))
    else:
        return order[:count], order[count:]
    # What is kept whole comes in blocks, so both parts are interleaved again.
    return _interleave_strata(strata, order[is_held_out]), _interleave_strata(strata, order[~is_held_out])


def are_latest(order: np.ndarray, count: int) -> np.ndarray:
    """Return which samples are the latest, (samples,): `count`, and more where those before are of the same time.

    Args:
        order: (samples,) numbers that rise with time.
        count: of samples, from 0 to their number.

    Example:
        >>> are_latest(np.array([1, 3, 2, 2]), 2).tolist()
        [False, True, True, True]
    """
    if not count:
        return np.zeros(len(order), dtype=bool)
    return order >= np.sort(order)[-count]


def _interleaved_parts(
    strata: np.ndarray, is_held_out: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the held-out samples and of the rest, in random orders of which every stretch is stratified."""
    order = rng.permutation(len(strata))
    held_out, rest = (_interleave_strata(strata, order[part[order]]) for part in (is_held_out, ~is_held_out))
    return held_out, rest


def _interleave_strata(strata: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Reorder the indices `order` so that every stretch has each stratum in proportion."""
    by_stratum = order[np.argsort(strata[order], kind="stable")]
    _, first, sizes = np.unique(strata[by_stratum], return_index=True, return_counts=True)
    rank = np.arange(len(by_stratum)) - np.repeat(first, sizes)
    # A sample's rank within its stratum, as a fraction: sorting by it deals the strata out evenly.
    quantile = np.empty(len(strata))
    quantile[by_stratum] = (rank + 0.5) / np.repeat(sizes, sizes)
    return order[np.argsort(quantile[order], kind="stable")]


def _draw_groups(groups: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return the samples of the first groups, in random order, that contain `count` samples together."""
    unique, sizes = np.unique(groups, return_counts=True)
    drawn = rng.permutation(unique)
    cumulative = np.cumsum(sizes[np.searchsorted(unique, drawn)])
    num_groups = int(np.searchsorted(cumulative, count)) + 1 if count else 0
    return np.flatnonzero(np.isin(groups, drawn[:num_groups]))


def _draw_units(order: np.ndarray, units: np.ndarray, count: int, strata: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move each unit to the place of its first sample in `order`, and hold out the first that fit into `count`.

    Its first sample decides, and not the earliest in `order`: else large units would be held out more often. No unit
    is held out that has all that is left of a stratum, as nothing could be learned of it.
    """
    _, first, members, sizes = np.unique(units, return_index=True, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes).tolist()
    _, stratum, remaining = np.unique(strata, return_inverse=True, return_counts=True)
    labels = stratum[np.argsort(members, kind="stable")].tolist()
    place = np.argsort(order)[first]
    is_held_out = np.zeros(len(first), dtype=bool)
    left = count
    for unit in np.argsort(place).tolist():
        if not left:
            break
        size = int(sizes[unit])
        taken = Counter(labels[ends[unit] - size : ends[unit]])
        if size <= left and all(remaining[label] > number for label, number in taken.items()):
            is_held_out[unit] = True
            left -= size
            for label, number in taken.items():
                remaining[label] -= number
    if left:
        is_held_out[np.where(is_held_out, len(order), sizes).argmin()] = True
    order = order[np.argsort(place[members[order]], kind="stable")]
    return order, is_held_out[members[order]]
