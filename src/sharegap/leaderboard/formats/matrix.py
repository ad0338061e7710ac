"""The matrix of methods × studies, and what a reader may show in it instead: other measures, another baseline."""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sharegap.leaderboard.cells import MISSING, Cell, format_cells
from sharegap.leaderboard.column import select_columns
from sharegap.leaderboard.columns import BY_NAME
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.aggregate import COLUMNS as ACROSS
from sharegap.leaderboard.sections.differences import cells_by_baseline

MEASURES = {"score": BY_NAME["test_score"], "gap": BY_NAME["gap_score"], "closed": BY_NAME["gap_closed"]}
"""What a cell may show. The gap is never shown without the score."""
RANKS = [column for column in ACROSS if column.name in ("rank", "mean_rank")]
ARROWS = {True: "↑", False: "↓"}


@dataclass(frozen=True)
class Heading:
    """The heading of a column by which the matrix can be sorted; of a study it has the unit of its scores."""

    key: str
    name: str
    explanation: str
    unit: str = ""


@dataclass(frozen=True)
class StudyCell:
    """What a method reaches in a study: its score, its mark against the baseline, and whether it ties with the best."""

    study: str
    figure: Cell
    mark: str
    direction: int  # of the mark: 1 better, -1 worse
    ties_best: bool

    @property
    def text(self) -> str:
        """The cell as plain text, e.g. `0.899 ±0.002 ▲*`."""
        half = f"±{self.figure.half}" if self.figure.half else ""
        return " ".join(filter(None, [self.figure.value, half, self.mark]))


@dataclass(frozen=True)
class Row:
    """A method with its ranks across the studies, and a cell for each study; None where it has no finished run."""

    method: str
    family: str
    ranks: Sequence[Cell]
    cells: Sequence[StudyCell | None]


@dataclass(frozen=True)
class Matrix:
    """The rows in the order of the mean ranks, or of the scores where there are no ranks."""

    headings: Sequence[Heading]
    rows: Sequence[Row]


def make_matrix(report: Report) -> Matrix:
    """Make the matrix of a suite."""
    headings = [Heading("method", "method", BY_NAME["method"].explanation)]
    across = report.aggregate.to_dicts()
    rank_columns = select_columns(RANKS, "page", across) if across else []
    ranks: dict[str, list[Cell]] = {row["method"]: [] for row in across}
    for column in rank_columns:
        headings.append(Heading(column.name, column.heading, column.explanation))
        for row, cell in zip(across, format_cells(column, across), strict=True):
            ranks[row["method"]].append(cell)
    by_study = []
    for study in report.studies:
        arrow = ARROWS[study.higher_is_better]
        explanation = f"{study.score_name}, {'higher' if study.higher_is_better else 'lower'} is better"
        unit = f"{study.score_name} {arrow}"
        headings.append(Heading(study.study_name, study.study_name, explanation, unit))
        by_study.append(_study_cells(study))
    order = [row["method"] for row in across] or report.leaderboard["method"].unique(maintain_order=True).to_list()
    rows = []
    for method in order:
        cells = [cells.get(method) for cells in by_study]
        method_ranks = ranks.get(method, [Cell(MISSING)] * len(rank_columns))
        rows.append(Row(method, report.roles.family(method), method_ranks, cells))
    return Matrix(headings, rows)


def pack(data: dict[str, Any]) -> str:
    """Pack data for the page's script: JSON, gzip, base64. 30 methods in 11 studies have 10,000 differences."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def matrix_data(report: Report) -> dict[str, Any]:
    """Return what the page's script shows and sorts by: lists in the order of `methods` and `studies`.

    `values[measure][study][method]` is [number, text, half of the interval], and `against[baseline][study][method]`
    [mark, difference, interval, p]; null where there is none.
    """
    methods = report.methods
    values: dict[str, list[Any]] = {measure: [] for measure in MEASURES}
    against: list[list[Any]] = [[] for _ in methods]
    for study in report.studies:
        for measure, column in MEASURES.items():
            figures = _by_method(study, format_cells(column, study.rows))
            numbers = {row["method"]: row[column.name] for row in study.rows}
            triples = {method: [numbers[method], cell.value, cell.half] for method, cell in figures.items()}
            values[measure].append([triples.get(method) for method in methods])
        differences = cells_by_baseline(study)
        for baseline, of_baseline in zip(methods, against, strict=True):
            compared = _by_method(study, differences.get(baseline, []))
            cells = {}
            for method, cell in compared.items():
                cells[method] = [mark_of(cell), cell.value, cell.interval, cell.p_value]
            of_baseline.append([cells.get(method) for method in methods])
    return {
        "methods": methods,
        "studies": [study.study_name for study in report.studies],
        "higher": [study.higher_is_better for study in report.studies],
        "baseline": report.baseline,
        "measures": {measure: column.heading for measure, column in MEASURES.items()},
        "values": values,
        "against": against,
    }


def mark_of(cell: Cell) -> str:
    """Return the mark of a difference, such as `▲*`, where * is a significant one."""
    return f"{cell.mark}{'*' * cell.is_significant}" if cell.mark else ""


def _study_cells(study: Report) -> dict[str, StudyCell]:
    scores = _by_method(study, format_cells(MEASURES["score"], study.rows))
    differences = _by_method(study, format_cells(BY_NAME["delta_test_score"], study.rows))
    best = study.best.filter("ties_best")["method"].to_list()
    cells = {}
    for method, score in scores.items():
        difference = differences[method]
        direction = difference.direction
        cells[method] = StudyCell(study.study_name, score, mark_of(difference), direction, method in best)
    return cells


def _by_method(study: Report, cells: Sequence[Cell]) -> Mapping[str, Cell]:
    """Name the cells of a column of the study's table; none of a column that is missing."""
    return dict(zip(study.leaderboard["method"], cells, strict=False))
