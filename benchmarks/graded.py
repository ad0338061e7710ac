"""Does the chosen strength follow the truth? A picture of suite graded: `graded.py picture.html FOLDER ...`.

Each folder is the `out` of one `sharegap bench suite=graded`; with other seeds (`suite.overrides=[dataset.redraw=true,
seed=100]`) it is of other draws of the data, searched anew.
"""

import sys
from pathlib import Path

import plotly.graph_objects as go
import polars as pl

NAMES = {"tasks": "tasks: the true correlation", "positions": "MNIST-1D: 1 − share of permuted positions"}


def chosen_correlations(folder: Path) -> list[tuple[str, float, float]]:
    """Return of each study of a stored leaderboard its series, the true relatedness and the chosen ρ = λ/(1+λ)."""
    rows = pl.read_csv(folder / "leaderboard" / "graded" / "leaderboard.csv").filter(method="soft")
    points = []
    for study, strength in rows.select("study", "strength").iter_rows():
        series, percent = study.rsplit("_", 1)
        truth = int(percent) / 100
        points.append((series, truth if series == "tasks" else 1 - truth, strength / (1 + strength)))
    return sorted(points)


def main(picture: str, *folders: str) -> None:
    """Write the picture of the suites that are stored in `folders`."""
    points = [point for folder in folders for point in chosen_correlations(Path(folder))]
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": "lightgrey"}, name="chosen = true")
    for series, name in NAMES.items():
        mine = [point for point in points if point[0] == series]
        if mine:
            figure.add_scatter(x=[x for _, x, _ in mine], y=[y for *_, y in mine], mode="markers", name=name)
    figure.update_traces(marker={"size": 11, "opacity": 0.7})
    figure.update_layout(
        template="simple_white",
        width=760,
        height=440,
        margin={"t": 20, "r": 20},
        legend={"x": 0.02, "y": 0.98},
        xaxis={"title": "true relatedness", "range": [-0.02, 1.02]},
        yaxis={"title": "ρ of the chosen λ", "range": [-0.02, 1.02]},
    )
    figure.write_html(picture, config={"displayModeBar": False})
    for point in points:
        print("{}: true {:.2f}, chosen {:.3f}".format(*point))


if __name__ == "__main__":
    main(*sys.argv[1:])
