"""The picture of suite lecture, for a projector: `lecture.py picture.svg FOLDER`.

Above, the test score along the path from independent to hard sharing; below, the advantage of hard sharing told apart
into its start, its size and its structure. FOLDER is the `out` of `sharegap bench suite=lecture`.
"""

import sys
from pathlib import Path

import altair as alt
import polars as pl
from scipy import stats

STEPS = {
    "start": ("same_start", "none"),
    "size": ("hard_permuted", "same_start"),
    "structure": ("hard", "hard_permuted"),
}
"""What hard sharing changes, each as a method and the one that lacks it."""
END_RHO = {"none": 0.0, "hard": 1.0}
BLUE, GREY, ORANGE = "#0b5394", "#666666", "#b45f06"
"""Of the path, of its ends and of the steps: also told apart without colour, by shape and place."""
Panel = alt.LayerChart | alt.FacetChart
PANEL = {"width": 440, "height": 300}


def path_points(groups: pl.DataFrame) -> pl.DataFrame:
    """Return the test score by study and correlation of the copies ρ, with its 95% interval over seeds.

    Args:
        groups: `groups.csv` of the suite.
    """
    # The searched settings only: the chosen one is measured on other seeds.
    is_path = (pl.col("method") == "soft") & (pl.col("phase") == "tune")
    is_end = pl.col("method").is_in(list(END_RHO)) & (pl.col("phase") == "measure")
    rows = groups.filter((pl.col("figure") == "test_score") & (is_path | is_end))
    rho = pl.col("strength") / (1 + pl.col("strength"))
    ends = pl.col("method").replace_strict(END_RHO, default=None, return_dtype=pl.Float64)
    half = pl.col("standard_error") * pl.col("n").map_elements(_t_quantile, return_dtype=pl.Float64)
    points = rows.select("study", "method", pl.coalesce(ends, rho).alias("rho"), "mean", half=half)
    points = points.with_columns(low=pl.col("mean") - pl.col("half"), high=pl.col("mean") + pl.col("half"))
    return points.sort("study", "rho")


def step_bars(comparisons: pl.DataFrame) -> pl.DataFrame:
    """Return by study and step of STEPS the difference of test scores, with its 95% interval.

    Args:
        comparisons: `comparisons.csv` of the suite.
    """
    pairs = [{"step": step, "method": method, "baseline": lacks} for step, (method, lacks) in STEPS.items()]
    bars = pl.DataFrame(pairs).join(comparisons, on=["method", "baseline"], maintain_order="left")
    return bars.select("study", "step", "delta_test_score", "delta_low", "delta_high")


def draw(points: pl.DataFrame, bars: pl.DataFrame) -> alt.VConcatChart:
    """Draw a column of two panels for each study."""
    studies = points["study"].unique(maintain_order=True).to_list()
    above = [_draw_path(points.filter(study=study), str(study)) for study in studies]
    below = [_draw_steps(bars.filter(study=study)) for study in studies]
    rows = alt.vconcat(alt.hconcat(*above, spacing=40), alt.hconcat(*below, spacing=40), spacing=30)
    return rows.configure_axis(labelFontSize=20, titleFontSize=22, grid=False).configure_title(
        fontSize=28, anchor="start"
    )


def _draw_path(points: pl.DataFrame, study: str) -> Panel:
    x = alt.X("rho:Q", title="correlation of the copies ρ = λ/(1+λ)", scale=alt.Scale(domain=[-0.05, 1.05], nice=False))
    y = alt.Y("mean:Q", title="test score", scale=alt.Scale(zero=False))
    chart = alt.Chart(alt.InlineData(values=points.to_dicts()), title=study.replace("_", " "))
    line = chart.mark_line(strokeWidth=4, color=BLUE).encode(x, y)
    spread = chart.mark_rule(strokeWidth=3, color=BLUE).encode(x, alt.Y("low:Q", title="test score"), alt.Y2("high:Q"))
    marks = chart.mark_point(size=220, filled=True, opacity=1, color=BLUE).encode(x, y)
    ends = chart.transform_filter("datum.method != 'soft'")
    names = ends.mark_text(fontSize=22, dy=-26, fontWeight="bold", color=GREY).encode(x, y, text="method:N")
    return alt.layer(spread, line, marks, names).properties(**PANEL)


def _draw_steps(bars: pl.DataFrame) -> Panel:
    y = alt.Y("step:N", title=None, sort=list(STEPS))
    chart = alt.Chart(alt.InlineData(values=bars.to_dicts()))
    title = "part of hard − none"
    bar = chart.mark_bar(color=ORANGE, height=44).encode(alt.X("delta_test_score:Q", title=title), y)
    spread = chart.mark_rule(strokeWidth=3).encode(alt.X("delta_low:Q", title=title), y, alt.X2("delta_high:Q"))
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=GREY).encode(alt.X("zero:Q", title=title))
    return alt.layer(bar, spread, zero).properties(width=PANEL["width"], height=220)


def _t_quantile(seeds: int) -> float:
    return float(stats.t.ppf(0.975, seeds - 1))


def main(picture: str, folder: str) -> None:
    """Write the picture of the suite that is stored in `folder`."""
    page = Path(folder) / "leaderboard" / "lecture"
    draw(path_points(pl.read_csv(page / "groups.csv")), step_bars(pl.read_csv(page / "comparisons.csv"))).save(picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
