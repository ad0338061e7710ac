"""The report of a suite and of its studies."""

import math

import pytest

from sharegap.errors import UserError
from sharegap.leaderboard.report import load_report
from sharegap.leaderboard.roles import read_roles
from tests.rows import facts_of


@pytest.fixture
def report(make_suite, tmp_path):
    return load_report(make_suite(studies=["a", "b"]).store(tmp_path), "made_up")


def test_study_has_its_own_rows_only(report):
    assert [study.study_name for study in report.studies] == ["a", "b"]
    study = report.study("b")
    tables = (study.plan, study.runs, study.selected_runs, study.leaderboard, study.by_strength)
    for table in (*tables, study.paired_comparisons):
        assert table["study"].unique().to_list() == ["b"]
    assert study.rows == [row for row in report.rows if row["study"] == "b"]


def test_study_shares_styles_not_progress(make_suite, tmp_path):
    suite = make_suite(studies=["a", "b"])
    suite.runs = suite.runs[:-1]
    report = load_report(suite.store(tmp_path), "made_up")
    assert report.progress.startswith(f"{len(suite.runs)} of {len(suite.plan)} runs are finished.")
    assert [study.progress.split(" runs")[0] for study in report.studies] == ["", "37 of 38"]
    assert "Missing: b early_stopping. " in report.progress
    for study in report.studies:
        assert study.styles == report.styles


def test_many_missing_methods_are_counted(make_suite, tmp_path):
    suite = make_suite(studies=["a", "b"])
    suite.runs = suite.of("none")
    progress = load_report(suite.store(tmp_path), "made_up").progress
    assert "Missing: a hard, a soft, a l2, a early_stopping, b hard, b soft and 2 more. " in progress


def test_progress_of_a_search(make_suite, tmp_path):
    """As long as a method is searched, there is more to come than is planned."""
    suite = make_suite()
    suite.plan = [row for row in suite.plan if row["method"] != "soft" or row["phase"] == "tune"]
    report = load_report(suite.store(tmp_path), "made_up")
    assert report.progress.startswith(f"{len(suite.plan)} of at least {len(suite.plan)} runs are finished.")
    assert "soft" not in report.leaderboard["method"]


def test_nothing_is_measured_yet(make_suite, tmp_path):
    suite = make_suite(methods={"l2": (0.8, 0.2, [0.1, 1.0])})
    suite.plan = [row for row in suite.plan if row["phase"] == "tune"]
    with pytest.raises(UserError, match="suite 'made_up' has no measured run yet"):
        load_report(suite.store(tmp_path), "made_up")


def test_tables_have_no_nan(make_suite, tmp_path, diverge):
    suite = make_suite(studies=["a", "b"])
    for run in suite.of("hard"):
        diverge(run)
    report = load_report(suite.store(tmp_path), "made_up")
    for table in (report.leaderboard, report.by_strength, report.paired_comparisons, report.aggregate):
        for name, dtype in table.schema.items():
            assert not dtype.is_float() or not table[name].is_nan().any(), name


def test_roles_are_what_methods_declare():
    roles = read_roles(facts_of("s", ["hard", "none", "soft", "narrow", "l2"], baseline="l2"))
    assert (roles.baseline, roles.shared, roles.controls) == ("l2", "hard", {"parameters": "narrow"})
    assert roles.sharing_path == {"none": 0.0, "soft": None, "hard": math.inf}


def test_roles_of_a_suite_without_controls():
    roles = read_roles(facts_of("s", ["l2"]))
    assert (roles.controls, roles.shared, roles.sharing_path) == ({}, None, {})
