"""Does the chosen strength follow the truth? A picture of suite graded: `graded.py picture.svg FOLDER ...`.

Each folder is the `out` of one `sharegap bench suite=graded`; with other seeds (`suite.overrides=[dataset.redraw=true,
seed=100]`) it is of other draws of the data, searched anew.
"""

import sys
from pathlib import Path

import altair as alt
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
    rows = [{"series": NAMES[series], "truth": truth, "chosen": chosen} for series, truth, chosen in points]
    unit = alt.Scale(domain=[-0.02, 1.02], nice=False)
    axes = {
        "x": alt.X("truth:Q", title="true relatedness", scale=unit),
        "y": alt.Y("chosen:Q", title="ρ of the chosen λ (line: chosen = true)", scale=unit),
    }
    color = alt.Color("series:N", title=None, legend=alt.Legend(orient="top", labelLimit=0))
    line = alt.Chart(alt.InlineData(values=[{"truth": end, "chosen": end} for end in (0, 1)]))
    marks = alt.Chart(alt.InlineData(values=rows)).mark_circle(size=110, opacity=0.7)
    chart = alt.layer(line.mark_line(color="lightgrey").encode(**axes), marks.encode(**axes, color=color))
    chart.properties(width=640, height=380).save(picture)
    for point in points:
        print("{}: true {:.2f}, chosen {:.3f}".format(*point))


if __name__ == "__main__":
    main(*sys.argv[1:])
