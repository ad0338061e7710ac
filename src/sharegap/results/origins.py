"""What made the finished runs of an output folder, and when: read beside them."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from sharegap.results.provenance import CODE_KEY, FINISHED_KEY, HARDWARE_KEY
from sharegap.results.schema import VERSION
from sharegap.results.store import Store
from sharegap.results.stored_file import VERSION_KEY, DamagedError, read_column, read_metadata

ORIGINS: dict[str, pl.DataType] = {
    "run": pl.String(),
    "sharegap": pl.String(),
    "torch": pl.String(),
    "pytorch-lightning": pl.String(),
    "python": pl.String(),
    "commit": pl.String(),  # of sharegap, with a + where it was edited since
    "cpu": pl.String(),
    "cores": pl.Int64(),  # that the process could use
    "gpus": pl.List(pl.String()),  # that it was trained on, by their names; none on a CPU
    "finished": pl.Datetime("us", "UTC"),
}
"""One row per finished run. What its part does not say is null: earlier versions stored less."""


def read_origins(store: Store) -> pl.DataFrame:
    """Return what made each finished run, in the columns of ORIGINS, in the order of `Store.runs`.

    Parts that cannot be read, or are of another version, are left out without a word: `Store.runs` names them.
    """
    tables = [pl.DataFrame(schema=ORIGINS), *_read_parts(store)]
    return pl.concat(tables).unique("run", keep="first", maintain_order=True)


def suite_origins(store: Store, plan: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return what made the finished runs of a plan, one row each.

    Args:
        store: where they are.
        plan: in the columns of PLAN.
        runs: the stored runs, in the columns of RUNS.

    Returns:
        ORIGINS, and as their configs say it, the `protocol` and the `seed` of each.
    """
    config = pl.col("config")
    facts = runs.select(
        "run",
        protocol=config.str.json_path_match("$.protocol").cast(pl.Int64),
        seed=config.str.json_path_match("$.seed").cast(pl.Int64),
    )
    return read_origins(store).join(plan, on="run", how="semi").join(facts, on="run", maintain_order="left")


def _read_parts(store: Store) -> Iterator[pl.DataFrame]:
    for path in sorted(store.parts.glob("*.parquet")):
        metadata = read_metadata(path)
        if metadata is not None and metadata.get(VERSION_KEY) == str(VERSION):
            try:
                yield _read_part(path, metadata)
            except DamagedError:
                continue


def _read_part(path: Path, metadata: Mapping[str, str]) -> pl.DataFrame:
    facts = _read_facts(metadata)
    columns = []
    for name, kind in ORIGINS.items():
        if name != "run":
            columns.append(pl.lit(facts.get(name), kind).alias(name))
    return read_column(path, "run").select("run", *columns)


def _read_facts(metadata: Mapping[str, str]) -> dict[str, Any]:
    """Return what the metadata of a part say of its origin; nothing where that is damaged, while its rows are sound."""
    try:
        facts = json.loads(metadata.get(CODE_KEY, "{}")) | json.loads(metadata.get(HARDWARE_KEY, "{}"))
        if FINISHED_KEY in metadata:
            facts["finished"] = datetime.fromisoformat(metadata[FINISHED_KEY]).astimezone(UTC)
    except (ValueError, TypeError):
        return {}
    return dict(facts)
