"""The leaderboard as one HTML file that needs nothing else."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from sharegap import results
from sharegap.leaderboard import cells
from sharegap.leaderboard.across import Across
from sharegap.leaderboard.columns import COLUMNS, MARKS_MEAN, P_MEANS
from sharegap.leaderboard.figures import (
    Style,
    error_and_gap,
    sharing_path,
    strength_paths,
    styles,
    training_curves,
)
from sharegap.leaderboard.studies import Study, progress, studies

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


def page(
    suite: str,
    table: pl.DataFrame,
    by_strength: pl.DataFrame,
    runs: pl.DataFrame,
    further: pl.DataFrame,
    across: Across,
) -> str:
    """The page of one suite, from its leaderboard, table by strength, scored runs, further figures and all studies."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = styles(runs["method"].unique(maintain_order=True))
    return templates.get_template("page.html.j2").render(
        suite=suite,
        progress=progress(table),
        columns=[column for column in COLUMNS if column.place != "data"],
        marks_mean=MARKS_MEAN,
        p_means=P_MEANS,
        across=across,
        across_figures=_drawn(across.pictures(style)) if across else [],
        studies=[
            _section(study, by_strength, runs, style) | {"further": study.further(further)} for study in studies(table)
        ],
        plotly=get_plotlyjs(),
    )


def _section(study: Study, by_strength: pl.DataFrame, runs: pl.DataFrame, style: dict[str, Style]) -> dict[str, Any]:
    first = study.rows[0]
    runs = runs.filter(study=study.name)
    strengths = {row["method"]: row["strength"] for row in study.rows}
    by_strength = by_strength.filter(study=study.name)
    return {
        "study": study,
        "board": study.grid("page"),
        "leader": first["method"] if cells.finite(first["test_score"]) is not None else None,
        "figures": _drawn(_pictures(study, by_strength.to_dicts(), runs, style)),
        "traces": list(_traces(runs, strengths)),
    }


def _pictures(
    study: Study, by_strength: list[dict[str, Any]], runs: pl.DataFrame, style: dict[str, Style]
) -> Iterator[tuple[str, str, go.Figure | None]]:
    """Titles, captions and pictures of a study."""
    strengths = {row["method"]: row["strength"] for row in study.rows}
    low_is_good = "error" if study.higher_is_better else study.score_name
    yield f"Test {low_is_good} against gap", POINTS, error_and_gap(study.rows, style)
    yield "From independent to hard", SHARING, sharing_path(by_strength, strengths, style)
    yield "Strength paths", PATHS, strength_paths(by_strength, strengths, style)
    yield "Training curves", CURVES, training_curves(results.chosen(runs), style)


def _drawn(pictures: Iterable[tuple[str, str, go.Figure | None]]) -> list[dict[str, Any]]:
    return [
        {"title": title, "caption": caption, "plotly": _plain(picture)}
        for title, caption, picture in pictures
        if picture is not None
    ]


def _plain(picture: go.Figure) -> dict[str, Any]:
    """The figure as JSON values: Plotly's own encoder turns NaN into null."""
    values: dict[str, Any] = json.loads(picture.to_json())
    return values


def _traces(runs: pl.DataFrame, chosen: dict[str, float | None]) -> Iterator[dict[str, Any]]:
    """Per method and strength the runs behind its figures."""
    for (method, strength), group in runs.group_by("method", "strength", maintain_order=True):
        yield {
            "method": method,
            "strength": cells.strength(strength),
            "chosen": strength == chosen[method],
            "runs": [
                {"seed": row["seed"], "run": row["run"], "score": score, "diverged": row["diverged"]}
                for row in group.sort("seed").to_dicts()
                for score in [cells.finite(row["test_score"])]
            ],
        }
