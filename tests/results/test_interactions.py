"""Does a regularizer still help once weights are shared? Known effects come out, with the right sign."""

import math

import numpy as np
import polars as pl
import pytest

from sharegap.results import join_runs, selected_runs
from sharegap.results.interactions import FIGURES, INTERACTIONS, interactions
from sharegap.results.statistics import SIGNIFICANCE, holm, mean_interval, permutation_p_values

SEEDS = 9
GAINS = {"none": 0.0, "l2": 0.03, "dropout": 0.02, "hard": 0.1, "hard+l2": 0.13, "hard+dropout": 0.08}
"""l2 gains 0.03 with and without sharing; dropout gains 0.02 alone, and loses as much once weights are shared."""


def scores_of(gains=GAINS, seeds=SEEDS):
    """By method and seed: what a seed does is the same to all methods, and much more than what is left to chance."""
    random = np.random.default_rng(0)
    of_seed = random.normal(0.7, 0.05, seeds)
    return {method: of_seed + gain + random.normal(0, 0.002, seeds) for method, gain in gains.items()}


@pytest.fixture
def found(make_table):
    """The interactions by method, from scores by method and seed."""

    def rows_of(scores, combines=None, **figures):
        cases = {
            (method, None, seed): {"final_test_score": float(score)} | figures
            for method, own in scores.items()
            for seed, score in enumerate(own)
            if score is not None
        }
        plan, facts, runs = make_table(cases)
        for method, methods in (combines or {}).items():
            facts["methods"][method]["combines"] = methods
        table = interactions(selected_runs(join_runs(plan, facts, runs)), facts)
        return {row["method"]: row for row in table.to_dicts()}

    return rows_of


def figures(row):
    return {figure: row[figure] for figure in FIGURES}


def test_known_effects_are_recovered(found):
    rows = found(scores_of())
    assert figures(rows["hard+l2"]) == pytest.approx(
        {"effect_alone": 0.03, "effect_shared": 0.03, "interaction": 0}, abs=0.003
    )
    assert figures(rows["hard+dropout"]) == pytest.approx(
        {"effect_alone": 0.02, "effect_shared": -0.02, "interaction": -0.04}, abs=0.003
    )
    assert [rows["hard+l2"][name] for name in ("suite", "study", "sharing", "regularizer", "pairs")] == [
        "s", "d", "hard", "l2", SEEDS,
    ]  # fmt: skip
    assert rows["hard+l2"]["none_error"] == pytest.approx(1 - scores_of()["none"].mean())


def test_intervals_and_adjusted_p_values(found):
    """They are of the paired differences, adjusted for the study's interactions."""
    scores = scores_of()
    rows = found(scores)
    p_values = {figure: [] for figure in FIGURES}
    for regularizer in ("l2", "dropout"):
        alone, shared = scores[regularizer] - scores["none"], scores[f"hard+{regularizer}"] - scores["hard"]
        for figure, differences in zip(FIGURES, (alone, shared, shared - alone), strict=True):
            row = rows[f"hard+{regularizer}"]
            interval = [row[f"{figure}{end}"] for end in ("", "_low", "_high")]
            assert interval == pytest.approx(mean_interval(differences))
            p_values[figure].append(float(permutation_p_values(differences)))
            assert row[f"{figure}_p_value"] == pytest.approx(p_values[figure][-1])
    for figure, of_figure in p_values.items():
        assert [row[f"{figure}_p_adjusted"] for row in rows.values()] == pytest.approx(holm(of_figure).tolist())
    assert rows["hard+dropout"]["interaction_p_adjusted"] <= SIGNIFICANCE < rows["hard+l2"]["interaction_p_adjusted"]


def test_signs_where_lower_is_better(found):
    more = found(scores_of())
    less = found(
        {method: 10 - own for method, own in scores_of().items()}, score_name="perplexity", higher_is_better=False
    )
    for method, row in less.items():
        assert figures(row) == pytest.approx(figures(more[method]))
        assert row["interaction_p_value"] == more[method]["interaction_p_value"]
        assert row["none_error"] == pytest.approx(9 - scores_of()["none"].mean())


@pytest.mark.parametrize("lacking", ["none", "hard", "l2", "hard+l2"])
def test_no_interaction_where_a_method_is_missing(found, lacking):
    scores = scores_of({method: gain for method, gain in GAINS.items() if method != lacking})
    assert set(found(scores)) == {"none": set(), "hard": set()}.get(lacking, {"hard+dropout"})


def test_table_without_combined_methods_is_empty(make_table):
    cases = {(method, None, 0): {} for method in ("none", "hard", "l2")}
    plan, facts, runs = make_table(cases)
    table = interactions(selected_runs(join_runs(plan, facts, runs)), facts)
    assert table.is_empty()
    assert dict(table.schema) == INTERACTIONS


def test_declaration_says_what_is_combined(found):
    """Names are free: a `+` in one means nothing."""
    gains = {"none": 0.0, "soft": 0.1, "l2+dropout": 0.02, "cocktail": 0.12}
    combines = {"cocktail": ["soft", "l2+dropout"], "l2+dropout": None}
    (row,) = found(scores_of(gains), combines).values()
    assert (row["method"], row["sharing"], row["regularizer"]) == ("cocktail", "soft", "l2+dropout")


def test_only_seeds_that_all_four_have_are_paired(found):
    scores = {method: own.tolist() for method, own in scores_of().items()}
    scores["hard+l2"][2] = scores["none"][4] = None
    rows = found(scores)
    assert {method: row["pairs"] for method, row in rows.items()} == {"hard+l2": SEEDS - 2, "hard+dropout": SEEDS - 1}
    kept = [seed for seed in range(SEEDS) if seed not in (2, 4)]
    alone = [scores["l2"][seed] - scores["none"][seed] for seed in kept]
    assert rows["hard+l2"]["effect_alone"] == pytest.approx(np.mean(alone))


def test_diverged_run_affects_its_effects_only(found):
    scores = scores_of()
    scores["hard+l2"][3] = math.nan
    row = found(scores)["hard+l2"]
    assert row["effect_alone"] == pytest.approx(0.03, abs=0.003)
    assert all(math.isnan(row[name]) for name in ("effect_shared", "interaction", "interaction_p_adjusted"))


def test_one_seed_has_effects_only(found):
    row = found(scores_of(seeds=1))["hard+dropout"]
    assert row["interaction"] == pytest.approx(-0.04, abs=0.01)
    assert math.isnan(row["interaction_low"])
    assert row["interaction_p_value"] is row["interaction_p_adjusted"] is None


def test_no_p_values_with_too_few_seeds(found):
    assert found(scores_of(seeds=6))["hard+l2"]["effect_alone_p_value"] is None  # two interactions take seven
    assert found(scores_of(seeds=7))["hard+l2"]["effect_alone_p_value"] is not None


def test_each_study_is_a_family_of_its_own(make_table):
    tables, methods = [], {}
    for name, gains in {
        "a": GAINS,
        "b": {method: gain for method, gain in GAINS.items() if "l2" not in method},
    }.items():
        cases = {
            (method, None, seed): {"final_test_score": float(score)}
            for method, own in scores_of(gains).items()
            for seed, score in enumerate(own)
        }
        plan, facts, runs = make_table(cases)
        renamed = pl.concat_str(pl.lit(name), "run")
        tables.append((plan.with_columns(study=pl.lit(name), run=renamed), runs.with_columns(run=renamed)))
        methods |= facts["methods"]
    plans, runs = zip(*tables, strict=True)
    facts["methods"] = methods
    table = interactions(selected_runs(join_runs(pl.concat(plans), facts, pl.concat(runs))), facts)
    smallest = {(row["study"], row["method"]): row["interaction_p_adjusted"] for row in table.to_dicts()}
    assert smallest == {
        ("a", "hard+l2"): pytest.approx(table["interaction_p_value"][0]),
        ("a", "hard+dropout"): pytest.approx(2 * 2 / 2**SEEDS),
        ("b", "hard+dropout"): pytest.approx(2 / 2**SEEDS),
    }


def test_error_rate_without_interactions(documented):
    """Where effects do not interact, at most one table in twenty has a significant interaction."""
    tables, regularizers = 1000, 7
    random = np.random.default_rng(1)
    data = 0.9 - 0.01 * random.gamma(1.0, size=(tables, 1, SEEDS))  # what a seed does to all methods
    gains = random.normal(0, 0.02, (regularizers, 1))
    none, sharing = (random.normal(data + gain, 0.01) for gain in (0, 0.05))
    alone, both = (random.normal(data + gain + gains, 0.01) for gain in (0, 0.05))
    p_values = permutation_p_values((both - sharing) - (alone - none))
    rate = (np.array([holm(row) for row in p_values]) <= SIGNIFICANCE).any(-1).mean()
    assert rate == pytest.approx(documented["any of 7 interactions significant at 9 seeds, where none is"], abs=0.015)
    assert 0.005 < rate <= SIGNIFICANCE + 2 * np.sqrt(SIGNIFICANCE * (1 - SIGNIFICANCE) / tables)
