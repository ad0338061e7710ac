"""Does a regularizer still help once weights are shared? A heat map of the suite, and a table per study."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sharegap.leaderboard.cells import cells
from sharegap.leaderboard.columns import Column, finite_or_null
from sharegap.leaderboard.figures import Tile, interaction_map
from sharegap.leaderboard.report import Tables
from sharegap.leaderboard.sections.section import Grid, Picture, Section
from sharegap.leaderboard.studies import Study, counted
from sharegap.results.paired import BASELINE
from sharegap.results.statistics import min_seeds_for_significance

TITLE = "Interactions"


def _effect(name: str, heading: str, explanation: str) -> Column:
    bounds = (f"{name}_low", f"{name}_high")
    return Column(name, heading, "difference", explanation, bounds=bounds, p=f"{name}_p_adjusted", place="page")


ALONE = _effect("effect_alone", "alone", "test score of the regularizer against none, + is better")
SHARED = _effect(
    "effect_shared", "once shared", "test score of sharing with the regularizer against sharing, + is better"
)
INTERACTION = _effect("interaction", "once shared − alone", "below 0 where it helps less once weights are shared")
COLUMNS = (
    Column("method", "method", "text", "sharing + regularizer", place="page"),
    Column("pairs", "seeds", "count", "seeds that it, its two parts and none have", place="page"),
    ALONE,
    SHARED,
    INTERACTION,
)
QUESTION = (
    "Does a regularizer still help once weights are shared? Each study has a table with the intervals and with the "
    "test of whether the two effects differ."
)
MAP = (
    "What a regularizer (row) adds to the test score of a study's unshared network (on none), and beside it what it "
    "adds to that network with shared weights: + is better. Where two neighbours are alike, it helps as much once "
    "weights are shared; where the right one is paler or of the other colour, less. ▲ ▼: the 95 % interval of the "
    "effect excludes 0. Colours are relative to the error of none in the study, so that studies with other scores "
    "compare."
)
READING = (
    "Differences of the test scores at each method's own strength, paired by seed, + is better. Whether a regularizer "
    "helps more (▲) or less (▼) once weights are shared is for the last column to say: that one effect excludes 0 and "
    "the other does not is no difference between them. p is adjusted for the rows (Holm)."
)


def interactions_across(tables: Tables) -> Section:
    """The heat map, where some study has a method, its two parts and none."""
    table = tables.interactions
    picture = Picture(
        "A regularizer's effect without and with sharing", MAP, interaction_map(list(_tiles(table.to_dicts())))
    )
    return Section(TITLE, notes=[QUESTION], pictures=[picture], files={"interactions.csv": finite_or_null(table)})


def interactions_within(study: Study) -> Section:
    """One row per method that adds a regularizer to sharing."""
    rows = _rows(study.interactions.to_dicts())
    notes = [READING]
    if rows and max(row["pairs"] for row in rows) < (needed := min_seeds_for_significance(len(rows))):
        notes.append(
            f"No p-value is shown, as none could be below 5 %: {counted(len(rows), 'row')} take {needed} seeds."
        )
    return Section(TITLE, [Grid(COLUMNS, rows)], notes)


def _rows(table: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "higher_is_better": True} for row in table]  # effects are turned so


def _tiles(table: Sequence[Mapping[str, Any]]) -> Iterator[Tile]:
    """Both effects of each row; those of a study are written alike."""
    for study in dict.fromkeys(row["study"] for row in table):
        rows = _rows([row for row in table if row["study"] == study])
        for column in (ALONE, SHARED):
            for row, cell in zip(rows, cells(column, rows), strict=True):
                on = BASELINE if column is ALONE else row["sharing"]
                part = row[column.name] / row["none_error"] if row["none_error"] else math.nan
                text = f"<b>{cell.value}</b> {cell.mark}" if cell.mark else cell.value
                yield Tile(row["regularizer"], study, on, part, text)
