"""The picture of suite lecture, for a projector: `lecture.py picture.svg FOLDER`.

Above, the test score along the path from independent to hard sharing; below, the advantage of hard sharing told apart
into its start, its size and its structure. FOLDER is the `out` of `sharegap bench suite=lecture`.
"""

import io
import math
import re
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
END_STRENGTHS = {"none": 0.0, "hard": math.inf}
BLUE, GREY, ORANGE = "#0b5394", "#666666", "#b45f06"
"""Of the path, of its ends and of the steps: also told apart without colour, by shape and place."""
Panel = alt.LayerChart | alt.FacetChart
WIDTH, PATH_HEIGHT, STEPS_HEIGHT = 460, 500, 250
"""Of a panel: with their axes, three columns of two have the shape of a screen."""
LABELS_WIDTH = 140
"""Left of each panel: the two of a column begin at one place, and no font is so wide that a label is cut."""


def path_points(groups: pl.DataFrame) -> pl.DataFrame:
    """Return the test score by study and strength λ, 0 for `none` and infinity for `hard`, with its 95% interval.

    Args:
        groups: `groups.csv` of the suite.
    """
    # The searched settings only: the chosen one is measured on other seeds.
    is_path = (pl.col("method") == "soft") & (pl.col("phase") == "tune")
    is_end = pl.col("method").is_in(list(END_STRENGTHS)) & (pl.col("phase") == "measure")
    rows = groups.filter((pl.col("figure") == "test_score") & (is_path | is_end))
    ends = pl.col("method").replace_strict(END_STRENGTHS, default=None, return_dtype=pl.Float64)
    half = pl.col("standard_error") * pl.col("n").map_elements(_t_quantile, return_dtype=pl.Float64)
    points = rows.select("study", "method", pl.coalesce(ends, "strength").alias("strength"), "mean", half=half)
    points = points.with_columns(low=pl.col("mean") - pl.col("half"), high=pl.col("mean") + pl.col("half"))
    return points.sort("study", "strength")


def step_bars(comparisons: pl.DataFrame) -> pl.DataFrame:
    """Return by study and step of STEPS the difference of test scores, with its 95% interval.

    Args:
        comparisons: `comparisons.csv` of the suite.
    """
    pairs = [{"step": step, "method": method, "baseline": lacks} for step, (method, lacks) in STEPS.items()]
    bars = pl.DataFrame(pairs).join(comparisons, on=["method", "baseline"], maintain_order="left_right")
    return bars.select("study", "step", "delta_test_score", "delta_low", "delta_high")


def draw(points: pl.DataFrame, bars: pl.DataFrame) -> alt.VConcatChart:
    """Draw a column of two panels for each study, in the order of the suite."""
    studies = bars["study"].unique(maintain_order=True).to_list()
    placed, ends = _place(points)
    above = [_draw_path(placed.filter(study=study), str(study), ends) for study in studies]
    below = [_draw_steps(bars.filter(study=study)) for study in studies]
    rows = alt.vconcat(alt.hconcat(*above, spacing=20), alt.hconcat(*below, spacing=20), spacing=40, padding=30)
    return rows.configure_axis(labelFontSize=26, titleFontSize=26, titlePadding=12, grid=False).configure_title(
        fontSize=34, subtitleFontSize=26, anchor="start"
    )


def _place(points: pl.DataFrame) -> tuple[pl.DataFrame, tuple[int, int]]:
    """Place each strength on a logarithmic axis, with 0 and infinity one power of ten beyond the others.

    Returns:
        The points with their `place` instead of their strength, and the places of both ends.
    """
    place = pl.col("strength").log10()
    tried = points.filter(method="soft").select(place.min().floor(), place.max().ceil().alias("last")).row(0)
    ends = int(tried[0]) - 1, int(tried[1]) + 1
    return points.select(pl.exclude("strength"), place=place.clip(*ends)), ends


def _draw_path(points: pl.DataFrame, study: str, ends: tuple[int, int]) -> Panel:
    first, last = ends
    label = f"datum.value == {first} ? 'none' : datum.value == {last} ? 'hard' : format(pow(10, datum.value), '~g')"
    powers = alt.Axis(values=[*range(first, last + 1)], labelExpr=label, labelOverlap=False)
    scale = alt.Scale(domain=[first - 0.3, last + 0.3], nice=False)
    x = alt.X("place:Q", title="strength λ of soft sharing", axis=powers, scale=scale)
    scores = alt.Axis(title=None, tickCount=5, format=".2f", minExtent=LABELS_WIDTH)
    y = alt.Y("mean:Q", axis=scores, scale=alt.Scale(zero=False, nice=False, padding=20))
    title = alt.Title(study.replace("_", " "), subtitle="test score")
    chart = alt.Chart(alt.InlineData(values=points.to_dicts()))
    spread = chart.mark_rule(strokeWidth=3, color=BLUE).encode(x, alt.Y("low:Q", axis=scores), alt.Y2("high:Q"))
    line = chart.mark_line(strokeWidth=4, color=BLUE)
    path = chart.transform_filter("datum.method == 'soft'").mark_point(size=260, filled=True, opacity=1, color=BLUE)
    outer = chart.transform_filter("datum.method != 'soft'").mark_square(size=420, opacity=1, color=GREY)
    marks = [layer.encode(x, y) for layer in (line, path, outer)]
    return alt.layer(spread, *marks).properties(title=title, width=WIDTH, height=PATH_HEIGHT)


def _draw_steps(bars: pl.DataFrame) -> Panel:
    title = f"parts of hard − none = {bars['delta_test_score'].sum():+.3f}".replace("-", "−")
    differences = alt.Axis(title=title, tickCount=4, format="~g", labelFlush=False)
    y = alt.Y("step:N", sort=list(STEPS), axis=alt.Axis(title=None, minExtent=LABELS_WIDTH))
    chart = alt.Chart(alt.InlineData(values=bars.to_dicts()))
    bar = chart.mark_bar(color=ORANGE, height=48).encode(alt.X("delta_test_score:Q", axis=differences), y)
    spread = chart.mark_rule(strokeWidth=3).encode(alt.X("delta_low:Q", axis=differences), y, alt.X2("delta_high:Q"))
    line = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=GREY)
    zero = line.encode(alt.X("zero:Q", axis=differences))
    return alt.layer(bar, spread, zero).properties(width=WIDTH, height=STEPS_HEIGHT)


def _t_quantile(seeds: int) -> float:
    return float(stats.t.ppf(0.975, seeds - 1))


def fill_window(svg: str) -> str:
    """Return a picture that a browser scales to its window."""
    return re.sub(r'width="\d+" height="\d+" (?=viewBox)', 'width="100%" height="100%" ', svg, count=1)


def main(picture: str, folder: str) -> None:
    """Write the picture of the suite that is stored in `folder`."""
    page = Path(folder) / "leaderboard" / "lecture"
    chart = draw(path_points(pl.read_csv(page / "groups.csv")), step_bars(pl.read_csv(page / "comparisons.csv")))
    with io.StringIO() as svg:
        chart.save(svg, format="svg")
        Path(picture).write_text(fill_window(svg.getvalue()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
