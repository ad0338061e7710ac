"""Performance profiles of the error reduction (Agarwal et al. 2021)."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from sharegap.leaderboard.figures.style import Style, escape, make_figure
from sharegap.results.aggregate import error_reductions, performance_profile
from sharegap.results.study_errors import Errors

HEIGHT = 420
LOWEST_REDUCTION = -1.0
"""A method that doubles the error is out of the picture."""


def draw_performance_profiles(errors: Errors, styles: Mapping[str, Style]) -> go.Figure | None:
    """Draw one falling line per method over the range of error reductions of the runs."""
    reductions = np.concatenate([error_reductions(study.T).ravel() for study in errors.studies])
    reductions = reductions[np.isfinite(reductions)]
    if not reductions.size:
        return None
    thresholds = np.linspace(max(reductions.min(), LOWEST_REDUCTION), reductions.max(), 201)
    figure = make_figure(HEIGHT, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    for method, shares in zip(errors.methods, performance_profile(errors.studies, thresholds), strict=True):
        figure.add_scatter(
            x=thresholds.tolist(),
            y=shares.tolist(),
            mode="lines",
            line={"color": styles[method].color, "dash": styles[method].dash, "width": 1.8, "shape": "hv"},
            name=escape(method),
            showlegend=True,
            hovertemplate="%{y:.0%} of the runs above %{x:.0%}",
        )
    figure.update_xaxes(title="error reduction vs. the baseline", tickformat=".0%")
    figure.update_yaxes(title="share of runs above it", tickformat=".0%", range=[-0.02, 1.02])
    return figure
