"""The leaderboard as one HTML file that needs nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from sharegap.leaderboard import cells
from sharegap.leaderboard.columns import COLUMNS, MARKS_MEAN, P_MEANS
from sharegap.leaderboard.figures import error_and_gap, sharing_path, strength_paths, training_curves
from sharegap.leaderboard.figures.style import label
from sharegap.leaderboard.sections.baselines import against
from sharegap.leaderboard.sections.registry import Board
from sharegap.leaderboard.sections.run_list import traces
from sharegap.leaderboard.sections.section import Picture
from sharegap.leaderboard.studies import Study

POINTS = "Low is good; to the left is only good where it is also low. Bars are 95 % intervals over seeds."
SHARING = (
    "Sharing is one path: it begins at independent copies (λ = 0, which is none), goes over soft sharing and ends at "
    "hard sharing (λ = ∞). Means over seeds with 95 % intervals; no point where a run diverged. The distance of the "
    "copies is relative to their mean; CKA is 1 where they all represent the same features."
)
PATHS = "Means over seeds with 95 % intervals over a logarithmic axis of strengths; no point where a run diverged."
CURVES = (
    "Means over seeds at the chosen strengths, in eval mode on clean data. A line ends where the first of its seeds "
    "stopped."
)


def page(board: Board) -> str:
    """The page of one suite."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["plotly"] = _plain
    return templates.get_template("page.html.j2").render(
        suite=board.tables.suite,
        progress=board.tables.progress,
        columns=[column for column in COLUMNS if column.place != "data"],
        marks_mean=MARKS_MEAN,
        p_means=P_MEANS,
        sections=[section for section in board.sections if section],
        studies=[
            _study(study) | {"sections": [section for section in sections if section]}
            for study, sections in board.studies
        ],
        methods=[
            {"name": method, "label": label(method), "color": board.tables.style[method].color}
            for method in board.tables.runs["method"].unique(maintain_order=True)
        ],
        plotly=get_plotlyjs(),
    )


def _study(study: Study) -> dict[str, Any]:
    first = study.rows[0]
    return {
        "study": study,
        "against": against(study),
        "leader": first["method"] if cells.finite(first["test_score"]) is not None else None,
        "pictures": list(_pictures(study)),
        "traces": list(traces(study)),
    }


def _pictures(study: Study) -> Iterator[Picture]:
    strengths = {row["method"]: row["strength"] for row in study.rows}
    by_strength, style = study.by_strength.to_dicts(), study.style
    low_is_good = "error" if study.higher_is_better else study.score_name
    yield Picture(f"Test {low_is_good} against gap", POINTS, error_and_gap(study.rows, style))
    yield Picture("From independent to hard", SHARING, sharing_path(by_strength, strengths, style))
    yield Picture("Strength paths", PATHS, strength_paths(by_strength, strengths, style))
    yield Picture("Training curves", CURVES, training_curves(study.selected_runs, style))


def _plain(picture: go.Figure) -> dict[str, Any]:
    """The figure as JSON values: Plotly's own encoder turns NaN into null."""
    values: dict[str, Any] = json.loads(picture.to_json())
    return values
