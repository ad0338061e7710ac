"""Performance profiles of the error reduction: how many runs reach how much (Agarwal et al. 2021)."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from sharegap.leaderboard.figures.style import Style, figure, label
from sharegap.results.aggregate import error_reductions, performance_profile
from sharegap.results.study_errors import Errors

HEIGHT = 420
LEAST = -1.0  # a method that doubles the error is out of the picture


def performance_profiles(found: Errors, style: Mapping[str, Style]) -> go.Figure | None:
    """One falling line per method, over the reductions that runs reach."""
    reached = np.concatenate([error_reductions(study.T).ravel() for study in found.studies])
    reached = reached[np.isfinite(reached)]
    if not reached.size:
        return None
    thresholds = np.linspace(max(reached.min(), LEAST), reached.max(), 201)
    picture = figure(HEIGHT, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    for method, shares in zip(found.methods, performance_profile(found.studies, thresholds), strict=True):
        picture.add_scatter(
            x=thresholds.tolist(),
            y=shares.tolist(),
            mode="lines",
            line={"color": style[method].color, "dash": style[method].dash, "width": 1.8, "shape": "hv"},
            name=label(method),
            showlegend=True,
            hovertemplate="%{y:.0%} of the runs above %{x:.0%}",
        )
    picture.update_xaxes(title="error reduction against none", tickformat=".0%")
    picture.update_yaxes(title="share of runs above it", tickformat=".0%", range=[-0.02, 1.02])
    return picture
