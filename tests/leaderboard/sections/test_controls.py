"""What else may explain an effect: the steps from the baseline to the shared network, and controls that do as well."""

import re

import pytest

from sharegap.leaderboard.report import load_report
from sharegap.leaderboard.sections.controls import advantage_section, rival_controls

METHODS = {
    "none": (0.70, 0.20, [None]),
    "same_start": (0.75, 0.20, [None]),
    "hard_permuted": (0.73, 0.20, [None]),
    "narrow": (0.60, 0.20, [None]),
    "hard": (0.85, 0.10, [None]),
}


@pytest.fixture
def make_study(make_suite, tmp_path):
    """The report of a study of METHODS, without some, with other scores."""

    def make(*without, change=lambda suite: None, **scores):
        methods = {name: facts for name, facts in METHODS.items() if name not in without}
        methods |= {name: (score, 0.1, [None]) for name, score in scores.items()}
        suite = make_suite(seeds=8, methods=methods)
        change(suite)
        return load_report(suite.store(tmp_path), "made_up").studies[0]

    return make


def steps_of(study):
    return {row["part"]: row for table in advantage_section(study).tables for row in table.rows}


def test_steps_add_up(make_study):
    steps = steps_of(make_study())
    assert list(steps) == ["start", "size", "structure", "all", "as few parameters in a narrower network"]
    differences = [row["delta_test_score"] for row in steps.values()]
    assert sum(differences[:3]) == pytest.approx(differences[3]) == pytest.approx(0.15, abs=0.01)
    assert differences[:3] == pytest.approx([0.05, -0.02, 0.12], abs=0.01)
    assert all(row["delta_low"] < row["delta_high"] for row in steps.values())
    assert steps["structure"]["difference"] == "hard − hard_permuted"


@pytest.mark.parametrize(
    ("without", "parts"),
    [
        (["hard_permuted", "narrow"], ["start", "size and structure", "all"]),
        (["same_start", "narrow"], ["start and size", "structure", "all"]),
        (["same_start", "hard_permuted"], []),
        (["none"], []),
        (["hard"], []),
    ],
)
def test_missing_controls_join_steps(make_study, without, parts):
    assert list(steps_of(make_study(*without))) == parts


def test_control_that_does_as_well(make_study):
    """It is named for the methods that share, whatever is better."""
    study = make_study(same_start=0.87, soft=0.84, l2=0.9)
    assert rival_controls(study) == {"same_start": ["hard", "soft"]}
    assert rival_controls(make_study()) == {}
    worse = make_study(hard=0.6)  # there is no advantage to explain
    assert rival_controls(worse) == {}


def test_control_where_lower_is_better(make_study):
    study = make_study(same_start=0.87, change=lambda suite: suite.turn("mnist1d"))
    assert rival_controls(study) == {"same_start": ["hard"]}


def test_claims_name_the_control(make_suite, write):
    suite = make_suite(seeds=8, methods=METHODS)
    for number, (control, shared) in enumerate(zip(suite.of("same_start"), suite.of("hard"), strict=True)):
        control["final_test_score"] = shared["final_test_score"] + (0.02 if number % 2 else -0.021)
    texts = write(suite)
    page = " ".join(texts["index.html"].split("<header>")[1].split())
    (claim,) = re.findall('<span class="claim">(.*?)</span>', page)
    assert claim.startswith("hard beats none by ")
    assert claim.endswith("but the control same_start does as well, so it is not the sharing.")
    sentence = "The control same_start does as well: better than none, but not than same_start: hard."
    assert sentence in page
    assert sentence in texts["leaderboard.md"].replace("\\_", "_")
    assert "Where hard's advantage comes from" in texts["leaderboard.md"]
