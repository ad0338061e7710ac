"""Which methods cannot be told from the best of their study."""

import math

import numpy as np
import pytest
from scipy import stats

from sharegap.leaderboard.column import finite_or_null
from sharegap.results import join_runs, selected_runs
from sharegap.results.best import adjusted_half_width, ties_with_best
from sharegap.results.paired import paired_comparisons
from sharegap.results.summary import leaderboard
from tests.results.test_marks import of_finished
from tests.results.test_paired import GAIN, NONE, SEEDS, cases


def verdicts(scored, baseline="none"):
    """By method: whether it is the best, and whether it ties with the best."""
    board = finite_or_null(leaderboard(scored, baseline))
    pairs = finite_or_null(paired_comparisons(selected_runs(scored)))
    table = ties_with_best(board, pairs, baseline)
    assert table["method"].to_list() == board["method"].to_list()
    return {row["method"]: (row["is_best"], row["ties_best"]) for row in table.to_dicts()}


def ties(make_table, given):
    return {method for method, (_, tie) in verdicts(join_runs(*make_table(given))).items() if tie}


NOISE = np.random.default_rng(1).normal(0, 0.01, SEEDS)
NOISE -= NOISE.mean()


def test_ties_are_by_adjusted_p_values(make_table):
    """One that differs by noise ties, and those that are worse at every seed do not."""
    given = cases(soft=NONE + 0.055 + NOISE)
    found = verdicts(join_runs(*make_table(given)))
    assert [method for method, (is_best, _) in found.items() if is_best] == ["soft"]
    assert {method for method, (_, tie) in found.items() if tie} == {"soft", "hard"}


def test_best_baseline_ties_like_any_other(make_table):
    worse = dict.fromkeys(GAIN, NONE - 0.05 + NOISE)
    assert ties(make_table, cases(**worse)) == {"none"}
    assert ties(make_table, cases(**worse | {"l2": NONE - 0.001 + NOISE})) == {"none", "l2"}


def test_baseline_is_judged_as_in_the_claim(make_table):
    """Holm's steps differ by family: none is beaten in its own, whatever it is in that of the best."""
    alike = np.zeros(SEEDS)
    given = cases(hard=NONE + 0.03 + NOISE, soft=NONE + 0.03 + NOISE[::-1])
    for method in ("l2", "dropout", "early_stopping"):
        given |= {(method, None, seed): {"final_test_score": NONE[seed] - 0.1 + alike[seed]} for seed in range(SEEDS)}
    scored = join_runs(*make_table(given))
    best = leaderboard(scored, "none").row(0, named=True)
    assert best["p_adjusted"] <= 0.05
    assert verdicts(scored)["none"] == (False, False)


def test_one_test_sample_ties(make_table):
    """All seeds differ by one of 12 samples: p is as small as can be, and it is no finding."""
    facts = {"final_test_samples": 12}
    wrong = {"none": 0, "hard": 1, "soft": 2}
    given = {
        (method, None, seed): {"final_test_score": (9 - number) / 12} | facts
        for method, number in wrong.items()
        for seed in range(SEEDS)
    }
    assert ties(make_table, given) == {"none", "hard"}


@pytest.mark.parametrize(("gap", "tied"), [(0.018, True), (0.019, False)])
def test_few_seeds_tie_by_an_adjusted_interval(make_table, gap, tied):
    """Four seeds have no p-value; five comparisons widen an interval of ±0.01 to ±0.0184."""
    half = stats.t.ppf(0.975, 3) / 2
    spread = 0.01 / half * np.array([-1, -1, 1, 1]) * math.sqrt(3 / 4)
    scores = {"none": NONE[:4], "hard": NONE[:4] - gap + spread}
    scores |= dict.fromkeys(("soft", "l2", "dropout", "early_stopping"), NONE[:4] - 0.5)
    given = {
        (method, None, seed): {"final_test_score": row[seed]} for method, row in scores.items() for seed in range(4)
    }
    assert ("hard" in ties(make_table, given)) == tied


def test_adjusted_half_width_is_bonferronis():
    differences = np.random.default_rng(0).normal(0, 1, 6)
    half = stats.ttest_1samp(differences, 0).confidence_interval(0.95).high - differences.mean()
    expected = stats.ttest_1samp(differences, 0).confidence_interval(1 - 0.05 / 7).high - differences.mean()
    assert adjusted_half_width(half, pairs=6, planned=7) == pytest.approx(expected)


def test_a_single_seed_tells_nothing_apart(make_table):
    assert ties(make_table, cases(seeds=1)) == {"none", *GAIN}


def test_diverged_method_does_not_tie(make_table):
    found = verdicts(join_runs(*make_table(cases(hard=np.full(SEEDS, math.nan)))))
    assert found["hard"] == (False, False)
    everything = {method: np.full(SEEDS, math.nan) for method in ("none", *GAIN)}
    assert set(verdicts(join_runs(*make_table(cases(**everything)))).values()) == {(None, None)}


def test_unfinished_study_has_no_best(make_table):
    scored = of_finished(make_table, cases(), lambda *case: case == ("soft", 3))
    assert set(verdicts(scored).values()) == {(None, None)}


def test_less_is_better_where_it_is(make_table):
    def turned(figures):
        return {"final_test_score": -figures["final_test_score"], "score_name": "loss", "higher_is_better": False}

    given = cases()
    assert verdicts(join_runs(*make_table({case: turned(figures) for case, figures in given.items()}))) == verdicts(
        join_runs(*make_table(given))
    )


def test_study_without_the_baseline(make_table):
    given = {case: figures for case, figures in cases().items() if case[0] != "none"}
    assert ties(make_table, given) == {"hard"}
