"""How users' own data were read, printed before anything is trained on them."""

from collections.abc import Iterable

from rich.console import Console

from sharegap.data.split import split_sizes
from sharegap.execute.build import load_dataset
from sharegap.execute.runner import is_rank_zero
from sharegap.plan.run import Run


def print_summaries(runs: Iterable[Run]) -> None:
    """Print once how each data set of `runs` was read, where that is not known beforehand."""
    summaries: dict[str, None] = {}
    for run in runs:
        dataset, options = load_dataset(run), run.config["dataset"]
        if dataset.description:
            n_train, n_validation = split_sizes(dataset, options["n_train"], options["n_validation"])
            sizes = f"Each run trains on {n_train:,} of them and validates on {n_validation:,}."
            summaries[f"{dataset.description} {sizes}"] = None
    console = Console(stderr=True, quiet=not is_rank_zero())
    for summary in summaries:
        console.print(summary, highlight=False, markup=False)
