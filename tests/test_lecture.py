"""The picture of suite lecture shows what is stored."""

import math

import polars as pl
import pytest

from benchmarks.lecture import STEPS, draw, fill_window, main, path_points, step_bars
from sharegap.plan.configs import compose_config


@pytest.fixture
def groups():
    """Of one study: a path of two strengths, both ends, and what the picture leaves out."""
    rows = [
        ("none", "measure", None, 0.5),
        ("soft", "tune", 1.0, 0.6),
        ("soft", "tune", 3.0, 0.7),
        ("hard", "measure", None, 0.8),
    ]
    rows += [("soft", "measure", 3.0, 0.1), ("same_start", "measure", None, 0.2)]
    table = pl.DataFrame(rows, schema=["method", "phase", "strength", "mean"], orient="row")
    table = table.with_columns(study=pl.lit("positions"), n=4, standard_error=0.01, figure=pl.lit("test_score"))
    return pl.concat([table, table.with_columns(figure=pl.lit("gap_score"))])


@pytest.fixture
def comparisons():
    rows = [
        ("same_start", "none", 0.01),
        ("hard_permuted", "same_start", -0.04),
        ("hard", "hard_permuted", 0.33),
        ("hard", "none", 0.3),
    ]
    table = pl.DataFrame(rows, schema=["method", "baseline", "delta_test_score"], orient="row")
    bounds = {"delta_low": pl.col("delta_test_score") - 0.1, "delta_high": pl.col("delta_test_score") + 0.1}
    return table.sort("baseline").with_columns(study=pl.lit("positions"), **bounds)


def test_path_goes_from_none_to_hard(groups):
    points = path_points(groups)
    assert points["strength"].to_list() == [0, 1, 3, math.inf]
    assert points["mean"].to_list() == [0.5, 0.6, 0.7, 0.8]
    # Student's t of four seeds is 3.182.
    assert (points["high"] - points["mean"]).to_list() == pytest.approx(4 * [0.03182], rel=1e-3)


def test_steps_add_up_to_the_advantage(comparisons):
    bars = step_bars(comparisons)
    assert bars["step"].to_list() == list(STEPS)
    assert bars["delta_test_score"].sum() == pytest.approx(0.3)


def test_picture_has_two_panels_per_study(groups, comparisons):
    picture = draw(path_points(groups), step_bars(comparisons)).to_dict()
    assert [len(row["hconcat"]) for row in picture["vconcat"]] == [1, 1]


def test_columns_have_the_order_of_the_suite(groups, comparisons):
    names = ["positions", "another"]
    points = pl.concat([path_points(groups.with_columns(study=pl.lit(name))) for name in reversed(names)])
    bars = step_bars(pl.concat([comparisons.with_columns(study=pl.lit(name)) for name in names]))
    above = draw(points, bars).to_dict()["vconcat"][0]["hconcat"]
    assert [column["title"]["text"] for column in above] == names


def test_picture_fills_the_window(tmp_path, groups, comparisons):
    page = tmp_path / "leaderboard" / "lecture"
    page.mkdir(parents=True)
    groups.write_csv(page / "groups.csv")
    comparisons.write_csv(page / "comparisons.csv")
    main(str(tmp_path / "picture.svg"), str(tmp_path))
    svg = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    assert 'width="100%" height="100%" viewBox="0 0 ' in svg
    assert ">none</text>" in svg
    assert ">hard</text>" in svg
    assert fill_window(svg) == svg


def test_suite_has_what_the_picture_shows():
    methods = set(compose_config(["suite=lecture"], name="bench").suite.methods)
    assert methods >= {"soft", *(method for pair in STEPS.values() for method in pair)}
