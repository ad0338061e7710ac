"""What was understood of users' own data, said before anything is trained on them."""

from collections.abc import Iterable

from rich.console import Console

from sharegap.data.split import split_sizes
from sharegap.execute.build import load_dataset
from sharegap.execute.runner import is_rank_zero
from sharegap.plan.run import Run

_told: set[str] = set()


def describe_data(runs: Iterable[Run]) -> None:
    """Prints what was understood of each data set of `runs` that is not known beforehand, once per process."""
    console = Console(stderr=True, quiet=not is_rank_zero())
    for run in runs:
        dataset, options = load_dataset(run), run.config["dataset"]
        if not dataset.description:
            continue
        n_train, n_validation = split_sizes(dataset, options["n_train"], options["n_validation"])
        text = f"{dataset.description} Each run trains on {n_train:,} of them and validates on {n_validation:,}."
        if text not in _told:
            _told.add(text)
            console.print(text, highlight=False, markup=False)
