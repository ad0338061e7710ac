"""A file of finished scores, stored as a suite: nothing is trained."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from sharegap.data.formats.csv import read_csv
from sharegap.data.formats.guard import reading
from sharegap.data.formats.parquet import binary_format, read_binary_table
from sharegap.errors import UserError
from sharegap.plan.schema import check_file_name
from sharegap.results import Store
from sharegap.results.score_checks import COLUMNS
from sharegap.results.score_table import suite_of_scores

OPTIONS = {"baseline": "none", "score_name": "", "higher_is_better": ""}
"""What is asked of a table: the method to compare with, and the score, unless the table says it."""


def store_scores(store: Store, file: Path, options: Mapping[str, str], command: str) -> str:
    """Store a table of scores as a suite, which replaces one that was made of a table before.

    Args:
        store: where it is stored.
        file: CSV or Parquet, in columns of `sharegap.results.score_checks.COLUMNS`.
        options: OPTIONS, and `suite`: its name, by default that of the file.
        command: what was typed.

    Returns:
        The name of the suite.

    Raises:
        UserError: for a table that cannot be read, and whatever is wrong with its values.
    """
    name = options["suite"] or file.name.partition(".")[0]
    try:
        check_file_name(name)
    except ValueError as error:
        raise UserError(f"suite {error}, got {name!r}") from error
    part = f"table-{name}"
    if (store.plans / f"{name}.parquet").exists() and not store.part(part).exists():
        raise UserError(f"suite must be another name than that of a trained suite in {store.folder}, got {name}")
    defaults = {name: options[name] for name in ("score_name", "higher_is_better")}
    suite = suite_of_scores(_read(file), name, source=file.name, baseline=options["baseline"], defaults=defaults)
    with store.lock():
        store.append(part, suite.runs, gpus=None)
        store.write_plan(suite.plan, suite.facts, command)
    return name


def _read(file: Path) -> pl.DataFrame:
    with reading(file, "a CSV or Parquet table", "give it a line of names and as many fields in every row"):
        if name := binary_format(file):
            return read_binary_table(file, name)[0]
        texts = [name for name, kind in COLUMNS.items() if kind == pl.String]
        return read_csv(file, header=True, as_text=texts)[0]
