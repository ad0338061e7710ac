"""Missing values are a dash everywhere, never a crash and never `nan`."""

import math
import re

import pytest

from sharegap.leaderboard.cells import format_cells
from sharegap.leaderboard.columns import BY_NAME
from tests.made_up_suite import written_texts


@pytest.fixture
def render(tmp_path):
    """Writes a suite and returns the table and all that was written and printed."""

    def render_suite(suite):
        report, texts = written_texts(suite, tmp_path, width=100)
        for name, text in texts.items():
            assert re.search(r"\b(nan|NaN|None|inf|Infinity)\b", text) is None, name
        return report.leaderboard, texts

    return render_suite


def dashes(table, column):
    """The methods that show a dash in the column."""
    rows = table.to_dicts()
    return {
        row["method"] for row, cell in zip(rows, format_cells(BY_NAME[column], rows), strict=True) if cell.value == "—"
    }


def test_one_seed_has_no_interval(make_suite, render):
    table, texts = render(make_suite(seeds=1))
    for name in ("test_score", "gap_score", "delta_test_score"):
        assert all(cell.interval == "" for cell in format_cells(BY_NAME[name], table.to_dicts()))
    assert "±" not in texts["terminal"].split("Test part:")[0]
    assert "1 seed," in texts["leaderboard.md"]


def test_a_diverged_method_is_last(make_suite, render, diverge):
    suite = make_suite()
    for run in suite.of("soft"):
        diverge(run)
    table, texts = render(suite)
    assert table["method"].to_list()[-1] == "soft"
    assert dashes(table, "test_score") == dashes(table, "gap_score") == {"soft"}
    assert dashes(table, "delta_test_score") == {"soft", "none"}
    assert "10 of 10" in texts["leaderboard.md"]


def test_all_runs_diverged(make_suite, render, diverge):
    suite = make_suite()
    for run in suite.runs:
        diverge(run)
    table, texts = render(suite)
    assert dashes(table, "test_score") == {"none", "hard", "soft", "l2", "early_stopping"}
    assert "No claim: every method has a run that diverged." in texts["index.html"]


def test_a_study_without_the_baseline(make_suite, render):
    table, _ = render(make_suite(methods={"hard": (0.9, 0.1, [None]), "soft": (0.8, 0.1, [0.1, 1.0])}))
    assert dashes(table, "delta_test_score") == {"hard", "soft"}


def test_studies_with_different_methods(make_suite, render):
    suite = make_suite(studies=["a", "b", "c"])
    suite.drop("a", "soft", "early_stopping")
    suite.drop("b", "none", "hard")
    suite.drop("c", "none", "hard", "l2", "early_stopping")
    table, texts = render(suite)
    methods = {study: table.filter(study=study)["method"].to_list() for study in ("a", "b", "c")}
    assert methods == {"a": ["hard", "none", "l2"], "b": ["soft", "early_stopping", "l2"], "c": ["soft"]}
    sections = texts["index.html"].split('<details class="part" id="study-')[1:]
    assert ["From independent to hard sharing" in section for section in sections] == [False, True, True]
    assert ["Regularization paths" in section for section in sections] == [True, True, False]


def test_extra_metrics_of_some_methods_only(make_suite, render):
    suite = make_suite()
    for method, name in (("soft", "ROC AUC"), ("hard", "entropy")):
        for run in suite.of(method):
            run["extra_metrics"] = [{"snapshot": "final", "split": "test", "metric": name, "value": 0.5}]
    _, texts = render(suite)
    table = texts["index.html"].split(">Extra metrics</caption>")[1].split("</table>")[0]
    assert re.findall(r'<th scope="row">(\w+)', table) == ["hard", "soft"]
    figures = re.findall(r"<td>([^<]+)", table)
    assert figures[1:3] + figures[4:] == ["0.500", "—", "—", "0.500"]  # entropy, ROC AUC, after the test score


def test_copies_without_measurements(make_suite, render):
    suite = make_suite()
    panels = ("test accuracy", "copy distance", "CKA of copies")
    _, texts = render(suite)
    assert [f">{panel}<" in texts["index.html"] for panel in panels] == [True, True, True]
    for run in suite.runs:
        run.update({name: math.nan for name in run if name.endswith("_relative_copy_distance")})
        run.update({name: None for name in run if name.endswith("_cka")})
    _, texts = render(suite)
    assert [f">{panel}<" in texts["index.html"] for panel in panels] == [True, False, False]


def test_method_that_never_reached_the_target(make_suite, render):
    suite = make_suite()
    for run in suite.of("l2"):
        run["curve_train_loss"] = [2.0] * len(run["curve_step"])
    table, _ = render(suite)
    assert dashes(table, "loss_matched_gap_loss") == {"l2"}
    (l2,) = table.filter(method="l2").to_dicts()
    assert format_cells(BY_NAME["loss_matched_share"], [l2])[0].value == "0%"


@pytest.mark.parametrize("curve", ["nulls", "empty", "null"])
def test_without_validation_samples(make_suite, render, curve):
    suite = make_suite(methods={"none": (0.8, 0.2, [None]), "hard": (0.9, 0.1, [None])})
    for run in suite.runs:
        run.update({name: None for name in run if name.startswith("best_") or "_validation_" in name})
        missing = {"nulls": [None] * len(run["curve_step"]), "empty": [], "null": None}[curve]
        run.update(curve_validation_loss=missing, curve_validation_score=missing)
    table, texts = render(suite)
    assert table["method"].to_list() == ["hard", "none"]
    assert dashes(table, "test_score") == set()
    assert ">train<" in texts["index.html"]
    assert ">validation<" not in texts["index.html"]


def test_without_training_curves(make_suite, render):
    suite = make_suite()
    for run in suite.runs:
        run.update({name: None for name in run if name.startswith("curve_")})
    _, texts = render(suite)
    assert "Training curves" not in texts["index.html"]
    assert "Regularization paths" in texts["index.html"]


def test_strengths_of_zero_and_infinity(make_suite, render):
    suite = make_suite(methods={"none": (0.8, 0.2, [None]), "soft": (0.9, 0.1, [0.0, 1.0, math.inf])})
    _, texts = render(suite)
    assert "∞" in texts["index.html"].split("<script")[0]


def test_methods_with_different_seeds(make_suite, render):
    suite = make_suite()
    suite.runs.remove(suite.of("hard")[0])
    _, texts = render(suite)
    assert "3 to 4 seeds" in texts["leaderboard.md"]
