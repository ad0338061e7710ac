"""The leaderboard in markdown."""

from collections.abc import Iterable

from sharegap.leaderboard.cells import Cell
from sharegap.leaderboard.columns import MARKS_MEAN, P_MEANS
from sharegap.leaderboard.sections.registry import Board
from sharegap.leaderboard.sections.section import Grid, Section
from sharegap.leaderboard.studies import Study

NOTE = (
    f"Brackets: 95 % interval over seeds. {MARKS_MEAN}. {P_MEANS}. "
    "A small gap may also mean an underfit network: rows are ordered by test score."
)


def markdown(board: Board) -> str:
    """The suite's sections, then one table per study, the best test score first, with the study's sections."""
    parts = [
        f"# sharegap leaderboard: {_plain(board.tables.suite)}",
        board.tables.progress,
        *(_section(section, "##") for section in board.sections if section),
        *(_study(study, sections) for study, sections in board.studies),
        NOTE,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _study(study: Study, sections: Iterable[Section]) -> str:
    parts = [
        f"## {_plain(study.name)}",
        _plain(study.facts),
        study.learning_rate,
        _grid(study.grid),
        study.too_few_seeds,
    ]
    parts += [_section(section, "###") for section in sections if section]
    return "\n\n".join(part for part in parts if part)


def _section(section: Section, level: str) -> str:
    grids = [_grid(grid) for grid in section.grids if grid.rows]
    return "\n\n".join([f"{level} {_plain(section.title)}", *grids, *map(_plain, section.notes)])


def _grid(grid: Grid) -> str:
    columns, rows = grid.shown("page")
    lines = [
        [_plain(f"{column.group}, {column.heading}" if column.group else column.heading) for column in columns],
        ["---" if column.form == "text" else "---:" for column in columns],
        *([_words(cell) for cell in row] for row in rows),
    ]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"**{_plain(grid.title)}**\n\n{table}" if grid.title else table


def _words(cell: Cell) -> str:
    p = cell.p and f"p {cell.p}"
    return _plain(" ".join(part for part in (cell.value, cell.interval, cell.mark, p) if part))


def _plain(text: str) -> str:
    """Text in which nothing ends a cell, opens a tag or emphasizes."""
    for character in "\\`*_<|":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
