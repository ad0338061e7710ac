"""Do intervals cover, and p-values err, as often as they say? On made-up scores whose truth is known.

The rates stand in docs/statistics.md.
"""

import numpy as np
import polars as pl
import pytest

from sharegap.leaderboard.claims import study_claim
from sharegap.leaderboard.report import load_report
from sharegap.plan.search import Axis, best_trial, next_trials
from sharegap.results import Store, join_runs
from sharegap.results.paired import is_marked
from sharegap.results.schema import PLAN, RUNS
from sharegap.results.selection import validation_scores
from sharegap.results.statistics import (
    CONFIDENCE,
    SIGNIFICANCE,
    PairedTest,
    holm,
    mean_interval,
    permutation_p_values,
)
from sharegap.results.summary import leaderboard
from tests.results.conftest import row
from tests.rows import facts_of

SEEDS = 8
TABLES = 4000
TEST_SAMPLES = 1000
SPREAD = 0.01  # of a run's accuracy around its method's, over seeds


def accuracies(random, shape, gain=0.0, seeds=SEEDS):
    """Accuracies on TEST_SAMPLES of methods (*shape, methods, seeds) that are none plus `gain`, and of none.

    What a seed does to the data is shared by all methods, skewed as bad draws are; each run has its own rest.
    """
    data = 0.9 - SPREAD * random.gamma(1.0, size=(*shape[:-1], 1, seeds))
    right = random.normal(data, SPREAD, (*shape[:-1], 1 + shape[-1], seeds))
    right[..., 1:, :] += gain
    drawn = random.binomial(TEST_SAMPLES, right.clip(0, 1)) / TEST_SAMPLES
    return drawn[..., 1:, :], drawn[..., :1, :]


def significant(differences):
    """Per table (tables, methods, seeds): which methods are significant after adjustment."""
    p_values = np.concatenate([permutation_p_values(part) for part in np.array_split(differences, 8)])
    return np.array([holm(row) for row in p_values]) <= SIGNIFICANCE


@pytest.mark.parametrize("methods", [5, 6])
def test_error_rate_without_any_effect(methods, documented):
    """At most one table in twenty has a significant method."""
    method, none = accuracies(np.random.default_rng(0), (TABLES, methods))
    rate = significant(method - none).any(-1).mean()
    assert rate == pytest.approx(documented[f"any of {methods} methods significant, where none differs"], abs=0.01)
    assert 0.005 < rate <= SIGNIFICANCE + 2 * np.sqrt(SIGNIFICANCE * (1 - SIGNIFICANCE) / TABLES)


def test_error_rate_beside_one_true_effect(documented):
    gain = np.zeros((5, 1))
    gain[0] = 0.03
    method, none = accuracies(np.random.default_rng(1), (TABLES, 5), gain)
    found = significant(method - none)
    rate = found[:, 1:].any(-1).mean()
    what = "any of 4 methods significant that do not differ, beside one that does"
    assert rate == pytest.approx(documented[what], abs=0.01)
    assert rate <= SIGNIFICANCE + 2 * np.sqrt(SIGNIFICANCE * (1 - SIGNIFICANCE) / TABLES)


def test_power_for_effects_of_known_size(documented):
    # The spread of a paired difference: two runs' own rests and two draws of the test samples.
    spread = np.sqrt(2 * SPREAD**2 + 2 * 0.11 * 0.89 / TEST_SAMPLES)
    power = {
        "an effect of 1 standard deviation of the differences is significant, among 5 methods": 1,
        "an effect of 1.5": 1.5,
        "an effect of 2": 2,
    }
    for what, size in power.items():
        method, none = accuracies(np.random.default_rng(2), (1000, 5), size * spread * np.eye(5)[:1].T)
        power[what] = significant(method - none)[:, 0].mean()
        assert power[what] == pytest.approx(documented[what], abs=0.04)
    assert list(power.values()) == sorted(power.values())
    assert power["an effect of 2"] > 0.8


def test_error_rate_of_ties_with_the_best(documented):
    """Of equal methods, any may be the best: each is told from the best in at most one study in twenty."""
    method, none = accuracies(np.random.default_rng(7), (TABLES, 5))
    scores = np.concatenate([none, method], axis=1)
    best = scores.mean(-1).argmax(-1)
    others = np.arange(6) != best[:, None]
    differences = scores[others].reshape(TABLES, 5, SEEDS) - scores[~others][:, None]
    told = significant(differences)
    what = "a method that is as good as the best is told from it, 6 equal methods"
    assert told.sum() / (6 * TABLES) == pytest.approx(documented[what], abs=0.003)
    assert told.sum() / (6 * TABLES) <= SIGNIFICANCE
    what = "any method is told from the best, 6 equal methods"
    assert told.any(-1).mean() == pytest.approx(documented[what], abs=0.01)


def test_error_rate_of_claims(documented):
    """A false claim needs the best method to be significant and better."""
    method, none = accuracies(np.random.default_rng(8), (TABLES, 5))
    best = method.mean(-1).argmax(-1)
    is_better = (method - none).mean(-1)[np.arange(TABLES), best] > 0
    rate = (significant(method - none)[np.arange(TABLES), best] & is_better).mean()
    what = "the best of 5 methods is said to beat `none`, where none differs"
    assert rate == pytest.approx(documented[what], abs=0.005)
    assert rate <= SIGNIFICANCE


def coverage(samples, truth):
    bounds = np.array([mean_interval(sample)[1:] for sample in samples])
    return ((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])).mean()


def test_intervals_of_scores_cover(documented):
    method, none = accuracies(np.random.default_rng(3), (TABLES, 1))
    rates = {
        "t interval of a score covers its mean": coverage(none[:, 0], 0.89),
        "t interval of a paired difference covers 0": coverage((method - none)[:, 0], 0.0),
    }
    for what, rate in rates.items():
        assert rate == pytest.approx(CONFIDENCE, abs=0.015)
        assert rate == pytest.approx(documented[what], abs=0.01)


@pytest.mark.parametrize(("samples", "seeds"), [(3, 2), (12, 2), (12, 8), (30, 2)])
def test_marks_of_few_test_samples(samples, seeds, documented):
    """Equal scores of few samples have no spread: without the rule of one sample, up to 12% would be marked."""
    random = np.random.default_rng(6)
    right = random.binomial(samples, 0.6, (2, TABLES, seeds)) / samples
    facts = {"score_name": "accuracy", "n_test": samples, "study_complete": True}
    marked = []
    for differences in right[0] - right[1]:
        test = PairedTest(*mean_interval(differences), seeds, None, None)
        marked.append((test.excludes_zero, is_marked(test, facts)))
    without_rule, rate = np.mean(marked, axis=0)
    assert rate <= SIGNIFICANCE + 2 * np.sqrt(SIGNIFICANCE * (1 - SIGNIFICANCE) / TABLES)
    if (samples, seeds) == (12, 2):
        assert without_rule > 0.08
        assert rate == pytest.approx(documented["a mark where nothing differs, 12 test samples and 2 seeds"], abs=0.01)


METHODS = ("none", "hard", "soft", "l2", "dropout", "early_stopping")
AXIS = Axis("strength", (0.1, 1.0, 10.0), 1.0, weakest=1e-9, strongest=1e9, trials=6)
TUNING_SEEDS = 2


def suite(random, studies):
    """Plan, facts and runs of studies under the null: each method is searched, and the best trial measured."""
    plan, runs = [], []

    def train(phase, trial, seeds):
        validation, test = random.normal(0.9, SPREAD, (2, seeds))
        for seed in range(seeds):
            run = f"{len(runs)}"
            plan.append(labels | {"phase": phase, "trial": trial, "seed": seed, "at_edge": False, "run": run})
            runs.append(row(run, final_validation_score=validation[seed], final_test_score=test[seed]))
        return validation.mean()

    for study in map(str, range(studies)):
        for name in METHODS:
            labels = {"suite": "s", "series": study, "study": study, "method": name}
            means = {}
            while trials := next_trials([AXIS], means, AXIS.trials):
                for trial in trials:
                    means[trial] = train("tune", len(means), TUNING_SEEDS)
            train("measure", list(means).index(best_trial([AXIS], means)), SEEDS)
    return pl.DataFrame(plan, schema=PLAN), facts_of("s", METHODS), pl.DataFrame(runs, schema=RUNS)


@pytest.fixture(scope="module")
def null():
    return suite(np.random.default_rng(4), studies=80)


def test_error_rate_after_a_search(null):
    table = leaderboard(join_runs(*null), "none")
    studies = table["study"].n_unique()
    false = table.filter(pl.col("p_adjusted") <= SIGNIFICANCE)["study"].n_unique()
    assert table["p_adjusted"].drop_nulls().len() == (len(METHODS) - 1) * studies
    assert false / studies <= SIGNIFICANCE + 2 * np.sqrt(SIGNIFICANCE * (1 - SIGNIFICANCE) / studies)


def test_claims_of_equal_methods(null, tmp_path):
    """The sentences themselves: at most one study in twenty says that its best method beats none."""
    plan, facts, runs = null
    store = Store(tmp_path)
    with store.lock():
        store.write_plan(plan, facts)
        store.append("fleet", runs.to_dicts())
    claims = [study_claim(study) for study in load_report(store, "s").studies]
    assert not [claim for claim in claims if not claim.startswith(("No method beats none", *METHODS, "The best, "))]
    false = [claim for claim in claims if " beats none " in claim and not claim.startswith("No method")]
    limit = SIGNIFICANCE + 2 * np.sqrt(SIGNIFICANCE * (1 - SIGNIFICANCE) / len(claims))
    assert len(false) / len(claims) <= limit


def test_no_winners_curse_on_fresh_seeds(null, documented):
    """The best of six trials looks better on the seeds that chose it, and is not on fresh ones."""
    means = join_runs(*null).group_by("phase", "study", "method", "trial").agg(pl.col("validation_score").mean())
    best = means.filter(phase="tune").group_by("study", "method").agg(pl.col("validation_score").max())
    measured = means.filter(phase="measure")["validation_score"]
    curse = (best["validation_score"].mean() - 0.9) / SPREAD
    what = "the best of 6 trials looks better than it is on its 2 tuning seeds, in standard deviations of a run"
    assert curse == pytest.approx(documented[what], abs=0.1)
    bias = (measured.mean() - 0.9) / SPREAD
    assert bias == pytest.approx(documented["the same on 8 fresh seeds"], abs=3 / np.sqrt(SEEDS * measured.len()))
    assert abs(bias) < 3 / np.sqrt(SEEDS * measured.len())


def with_test_scores(runs, values):
    """The stored runs with other final test scores, and no other test figure."""
    rows = runs.to_dicts()
    for stored, value in zip(rows, values, strict=True):
        stored["measurements"] = [measured for measured in stored["measurements"] if measured["split"] != "test"]
        labels = {"snapshot": "final", "split": "test", "metric": "score"}
        stored["measurements"].append(labels | {"value": value})
    return pl.DataFrame(rows, schema=RUNS)


def test_choice_does_not_depend_on_test_figures():
    """A search sees validation scores alone, and these are the same whatever the test figures."""
    random = np.random.default_rng(5)
    _, _, runs = suite(random, studies=2)
    scores = validation_scores(runs)
    tests = random.normal(0.9, SPREAD, runs.height)
    for _ in range(10):
        assert validation_scores(with_test_scores(runs, random.permutation(tests).tolist())) == scores
    assert validation_scores(with_test_scores(runs, [None] * runs.height)) == scores
