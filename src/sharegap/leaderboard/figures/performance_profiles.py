"""Performance profiles of the error reduction (Agarwal et al. 2021)."""

import altair as alt
import numpy as np

from sharegap.leaderboard.figures.encodings import WIDTH, Figure, Styles, describe, make_chart, method_channels
from sharegap.results.aggregate import error_reductions, performance_profile
from sharegap.results.study_errors import Errors

HEIGHT = 340
LOWEST_REDUCTION = -1.0
"""A method that doubles the error is out of the picture."""
STEPS = 101


def draw_performance_profiles(errors: Errors, styles: Styles) -> Figure | None:
    """Draw one falling line per method over the range of error reductions of the runs."""
    reductions = np.concatenate([error_reductions(study.T).ravel() for study in errors.studies])
    reductions = reductions[np.isfinite(reductions)]
    if not reductions.size:
        return None
    thresholds = np.linspace(max(reductions.min(), LOWEST_REDUCTION), reductions.max(), STEPS)
    rows = []
    for method, shares in zip(errors.methods, performance_profile(errors.studies, thresholds), strict=True):
        description = describe(method, "")
        # A point between two of its own height would only make the file larger.
        is_step = np.diff(shares, prepend=np.nan, append=np.nan) != 0
        for i in np.flatnonzero(is_step[:-1] | is_step[1:]):
            rows.append({"method": method, "threshold": thresholds[i], "share": shares[i], "description": description})
    percent = alt.Axis(format=".0%")
    return (
        make_chart(rows)
        .mark_line(interpolate="step-after")
        .encode(
            x=alt.X("threshold:Q", title="error reduction vs. the baseline", axis=percent, scale=alt.Scale(nice=False)),
            y=alt.Y("share:Q", title="share of runs above it", axis=percent, scale=alt.Scale(domain=[0, 1])),
            **method_channels(errors.methods, styles, "color", "strokeDash"),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )
