"""What the field knows already must come out: else the leaderboard measures something else."""

import pytest
from hydra import compose, initialize_config_dir

from sharegap.results import leaderboard, scored
from sharegap.runs.cli import CONF
from sharegap.runs.corridor import corridor
from sharegap.runs.suite import expand


def table(folder, *overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("bench", [*overrides, f"out={folder}", "logger=none"])
        plan, runs = expand(config.suite, config.trainer.precision)
        with corridor(config) as way:
            way.complete(runs.values(), plan)
            return leaderboard(scored(plan, way.store.runs()))


def test_sharing_over_positions_helps_where_they_have_something_in_common(tmp_path):
    """MNIST-1D and its negative control, at a quarter of the default suite's cost; seeds are fixed."""
    rows = table(
        tmp_path,
        "suite.seeds=5",
        "suite.methods=[none,hard]",
        "suite.overrides=['training.steps=600']",
        "~suite.studies.digits",
    )
    hard = {row["study"]: row for row in rows.to_dicts() if row["method"] == "hard"}
    assert hard["mnist1d"]["delta_low"] > 0
    assert hard["mnist1d_shuffled"]["delta_high"] < 0


def test_the_cnn_reaches_its_published_accuracy(tmp_path):
    [row] = table(tmp_path, "suite=paper_mnist1d").to_dicts()
    assert row["seeds"] == 5
    assert row["unique_parameters"] == 5210
    assert row["test_score"] == pytest.approx(row["published_test_score"], abs=0.03)
