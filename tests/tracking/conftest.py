"""Rows and labels of finished runs, as a tracker is given them."""

import json
from typing import Any

import polars as pl
import pytest

from sharegap.results.schema import RUNS
from tests.results.conftest import row
from tests.rows import config_of


def labels_of(**place: Any) -> dict[str, Any]:
    """A row of a plan with the facts of its method."""
    labels = {"suite": "smoke", "series": "mnist1d", "study": "mnist1d", "method": "soft"}
    labels |= {"phase": "measure", "trial": 1, "seed": 2, "at_edge": False}
    return labels | {"tunes": "sharing.strength", "path_position": None} | place


@pytest.fixture
def make_runs():
    """`make_runs("abc", strength=0.1, final_cka=None)`: stored runs of these ids."""

    def make(*runs: str, strength: float | None = None, **figures: Any) -> pl.DataFrame:
        config = json.dumps(config_of(strength, learning_rate=0.01))
        return pl.DataFrame([row(run, **{"config": config} | figures) for run in runs], schema=RUNS)

    return make
