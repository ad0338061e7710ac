"""The leaderboard as one HTML file that needs nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from sharegap import results
from sharegap.leaderboard import cells
from sharegap.leaderboard.columns import COLUMNS
from sharegap.leaderboard.figures import Style, error_and_gap, strength_paths, styles, training_curves
from sharegap.leaderboard.studies import Study, progress, studies

CAPTIONS = (
    (
        "Test error against gap",
        "Low is good; to the left is only good where it is also low. Bars are 95 % intervals over seeds.",
    ),
    (
        "Strength paths",
        "Means over seeds with 95 % intervals over a logarithmic axis of strengths; no point where a run "
        "diverged. Sharing is one path: soft begins at independent copies (λ = 0, which is none) and ends at "
        "hard sharing (λ = ∞).",
    ),
    (
        "Training curves",
        "Means over seeds at the chosen strengths, in eval mode on clean data. A line ends where the "
        "first of its seeds stopped.",
    ),
)


def page(suite: str, table: pl.DataFrame, by_strength: pl.DataFrame, runs: pl.DataFrame) -> str:
    """The page of one suite, from its leaderboard, its table by strength and its scored runs."""
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
        studies=[_section(study, by_strength, runs, style) for study in studies(table)],
        plotly=get_plotlyjs(),
    )


def _section(study: Study, by_strength: pl.DataFrame, runs: pl.DataFrame, style: dict[str, Style]) -> dict[str, Any]:
    columns, rows = study.grid("page")
    first = study.rows[0]
    here = pl.col("study") == study.name
    runs = runs.filter(here)
    strengths = {row["method"]: row["strength"] for row in study.rows}
    pictures = (
        error_and_gap(study.rows, style),
        strength_paths(by_strength.filter(here).to_dicts(), strengths, style),
        training_curves(results.chosen(runs), style),
    )
    return {
        "study": study,
        "columns": columns,
        "rows": rows,
        "leader": first["method"] if cells.finite(first["test_score"]) is not None else None,
        "figures": [
            {"title": title, "caption": caption, "plotly": _plain(picture)}
            for (title, caption), picture in zip(CAPTIONS, pictures, strict=True)
            if picture is not None
        ],
        "traces": list(_traces(runs, strengths)),
    }


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
