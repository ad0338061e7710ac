"""What is to be trained: the fleets of runs that are not stored yet, checked."""

import warnings
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError

import torch

from sharegap.data.split import split_sizes
from sharegap.execute.build import load_dataset
from sharegap.execute.check import CheckedStructure, check_runs
from sharegap.execute.hardware import is_rank_zero
from sharegap.execute.pack import fleet_name, pack
from sharegap.plan.run import Run
from sharegap.results import Store
from sharegap.results.stored_file import set_aside

DAMAGE = (
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    UnpicklingError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged checkpoint raises."""


@dataclass(frozen=True)
class TrainedStructure:
    """What is known of a structure of which a fleet was trained.

    Args:
        alone: why its runs are trained one by one; None where they can train side by side.
        rate: seconds per unit of work, see `estimate`.
    """

    alone: str | None
    rate: float


@dataclass(frozen=True)
class PendingFleet:
    """A fleet that is to be trained.

    Args:
        runs: of one structure.
        alone: why its runs are trained one by one; None where they can train side by side.
        checkpoint: where it is kept while it is trained.
        steps_left: the steps that are still to do, by its checkpoint.
    """

    runs: list[Run]
    alone: str | None
    checkpoint: Path
    steps_left: int

    @property
    def run_steps_left(self) -> int:
        """The steps of all its runs that are still to do."""
        return len(self.runs) * self.steps_left

    @property
    def share_left(self) -> float:
        """The share of its training that is still to do, in [0, 1]."""
        steps: int = self.runs[0].config["training"]["steps"]
        return self.steps_left / steps


@dataclass(frozen=True)
class PreparedRuns:
    """Runs that can be trained.

    Args:
        fleets: in the order in which they are trained.
        structures: the networks of those structures that were checked, one of each.
    """

    fleets: list[PendingFleet]
    structures: dict[str, CheckedStructure]

    @property
    def run_count(self) -> int:
        """How many runs there are in all fleets."""
        return sum(len(fleet.runs) for fleet in self.fleets)


def prepare_runs(
    store: Store, runs: Iterable[Run], fresh: bool = False, trained: Mapping[str, TrainedStructure] | None = None
) -> PreparedRuns:
    """Pack those of `runs` that are not in `store` yet into fleets, and check that each can be trained.

    Args:
        store: of the finished runs.
        runs: that are wanted.
        fresh: whether to train all of them again. What is stored of them is set aside.
        trained: structures that this process has trained, which need no check.

    Raises:
        UserError: for runs that cannot be trained.
    """
    stored = set(store.runs(is_writer=is_rank_zero())["run"])
    missing = {run.id: run for run in runs if fresh or run.id not in stored}
    trained = trained or {}
    checked = check_runs(run for run in missing.values() if run.structure not in trained)
    alone = {name: structure.alone for name, structure in trained.items()}
    alone |= {name: structure.alone for name, structure in checked.items()}
    one_by_one = [run for run in missing.values() if alone[run.structure]]
    _say_why_alone([run for run in one_by_one if run.structure in checked], checked)
    side_by_side = {name: run for name, run in missing.items() if not alone[run.structure]}
    fleets = _fleets(store, side_by_side) + [[run] for run in one_by_one]
    starts_again = fresh and is_rank_zero()
    if starts_again:  # not before the checks: else a mistake would cost the stored ones
        store.set_aside(missing.keys())
    pending = []
    for fleet in fleets:
        checkpoint = store.checkpoints / f"{fleet_name(fleet)}.ckpt"
        if starts_again:
            checkpoint.unlink(missing_ok=True)
        pending.append(PendingFleet(fleet, alone[fleet[0].structure], checkpoint, _steps_left(fleet, checkpoint)))
    return PreparedRuns(pending, checked)


def _fleets(store: Store, runs: Mapping[str, Run]) -> list[list[Run]]:
    """Return the runs by fleet: that of their first plan, for its checkpoint has the name of its runs."""
    packing = store.fleets()
    new = pack(run for run in runs.values() if run.id not in packing)
    for fleet in new:
        packing |= dict.fromkeys((run.id for run in fleet), fleet_name(fleet))
    if new:
        store.write_fleets(packing)
    fleets: dict[str, list[Run]] = {}
    for run in runs.values():
        fleets.setdefault(packing[run.id], []).append(run)
    return list(fleets.values())


def _say_why_alone(runs: Sequence[Run], checked: Mapping[str, CheckedStructure]) -> None:
    """Warn once for each structure of which several runs could have been one fleet."""
    structures = [run.structure for run in runs]
    for structure in dict.fromkeys(structures):
        if structures.count(structure) > 1:
            warnings.warn(f"{checked[structure].alone}: such runs are trained one by one", stacklevel=3)


def summarize_data(runs: Iterable[Run]) -> list[str]:
    """Say how each data set of `runs` was read, where that is not known beforehand, each once."""
    summaries: dict[str, None] = {}
    for run in runs:
        dataset, options = load_dataset(run), run.config["dataset"]
        if dataset.description or dataset.duplicates_note:
            n_train, n_validation = split_sizes(dataset, options["n_train"], options["n_validation"])
            source = dataset.description or f"{options['name']}:"
            sizes = f"Each run trains on {n_train:,} samples and validates on {n_validation:,}."
            summaries[" ".join(filter(None, (source, dataset.duplicates_note, sizes)))] = None
    return list(summaries)


def _steps_left(fleet: Sequence[Run], checkpoint: Path) -> int:
    """The steps that the fleet has still to do, by its checkpoint; one that cannot be read is set aside."""
    steps: int = fleet[0].config["training"]["steps"]
    if not checkpoint.exists():
        return steps
    try:
        return steps - _steps_done(checkpoint)
    except DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        renamed = set_aside(checkpoint)
        warnings.warn(f"{checkpoint} cannot be read ({reason}): {renamed}, and its fleet starts again", stacklevel=2)
        return steps


def _steps_done(checkpoint: Path) -> int:
    """The steps of the training that a checkpoint is of; one of DAMAGE if it is none, or has changed."""
    stored = BytesIO(checkpoint.read_bytes())
    with zipfile.ZipFile(stored) as archive:
        # Torch does not ask: it would go on with weights of which a bit has changed.
        if archive.testzip():
            raise ValueError("its content has changed")
    stored.seek(0)
    # It may have been written on another device, which is no part of a run.
    content = torch.load(stored, map_location="cpu", weights_only=True)
    if not isinstance(content, dict) or not content.keys() >= {"state_dict", "optimizer_states", "loops"}:
        raise ValueError("it is of no training")
    return int(content["global_step"])
