"""The leaderboard in markdown."""

from collections.abc import Sequence

import polars as pl

from sharegap.leaderboard.across import Across
from sharegap.leaderboard.cells import Cell
from sharegap.leaderboard.columns import MARKS_MEAN, P_MEANS, Column
from sharegap.leaderboard.studies import Study, progress, studies

NOTE = (
    f"Brackets: 95 % interval over seeds. {MARKS_MEAN}. {P_MEANS}. "
    "A small gap may also mean an underfit network: rows are ordered by test score."
)


def markdown(suite: str, table: pl.DataFrame, across: Across) -> str:
    """A table across studies where there are several, then one per study, the best test score first."""
    parts = [
        f"# sharegap leaderboard: {_plain(suite)}",
        progress(table),
        _across(across) if across else "",
        *map(_section, studies(table)),
        NOTE,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(study: Study) -> str:
    sources = "\n".join(
        f"- published, {_plain(row['method'])}: {row['published_test_score']:g} "
        f"({_plain(row['published_source'] or 'source not given')})"
        for row in study.published
    )
    heading = f"## {_plain(study.name)}\n\n{_plain(study.facts)}"
    return "\n\n".join(part for part in (heading, _table(*study.grid("page")), study.too_few_seeds, sources) if part)


def _across(across: Across) -> str:
    return "\n\n".join(["## Across studies", _table(*across.grid), *map(_plain, across.notes)])


def _table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> str:
    lines = [
        [_plain(column.heading) for column in columns],
        ["---" if column.form == "text" else "---:" for column in columns],
        *([_words(cell) for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _words(cell: Cell) -> str:
    p = cell.p and f"p {cell.p}"
    return _plain(" ".join(part for part in (cell.value, cell.interval, cell.mark, p) if part))


def _plain(text: str) -> str:
    """Text in which nothing ends a cell, opens a tag or emphasizes."""
    for character in "\\`*_<|":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
