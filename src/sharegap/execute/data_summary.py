"""How the data of runs were read, in words."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from sharegap.atomic import write_atomic
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
            validates = f" and validates on {n_validation:,}" if n_validation else ", and none is left to validate on"
            sizes = f"Each run trains on {n_train:,} samples{validates}."
            summaries[" ".join(filter(None, (source, dataset.duplicates_note, sizes)))] = None
    return list(summaries)


def keep_summaries(folder: Path, summaries: Sequence[str]) -> None:
    """Keep how data sets were read in an output folder: one line each in `data.txt`, in the order of the first runs."""
    path = folder / "data.txt"
    lines = path.read_text().splitlines() if path.is_file() else []
    write_atomic(path, "".join(f"{line}\n" for line in dict.fromkeys([*lines, *summaries])).encode())
