"""How the data of runs were read, in words."""

from collections.abc import Iterable

from sharegap.data.split import split_sizes
from sharegap.execute.build import load_dataset
from sharegap.plan.run import Run


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
