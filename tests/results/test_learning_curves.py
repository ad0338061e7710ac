"""How many samples a method is worth: recovered where the truth is known, a bound where it lies out of sight."""

import math

import numpy as np
import polars as pl
import pytest

from sharegap.results import join_runs, selected_runs
from sharegap.results.curve_shift import log_factors
from sharegap.results.learning_curves import (
    FEWEST_SEEDS,
    SCHEMA,
    LearningCurves,
    intervals,
    learning_curves,
    sample_efficiency,
)

SIZES = np.array([200, 400, 800, 1600, 3500])
SEEDS = 10


def power_law(factor, exponent=0.4):
    """The mean errors of a method that is worth `factor` times the samples."""
    return 3 * (SIZES * factor) ** -exponent


def factors(*curves):
    """Over all sizes, then at each, of the last of the `curves`."""
    return np.exp(log_factors(np.array(curves), SIZES)[-1])


def made_up(true_factors, random, spread=0.06):
    """Power laws under seeds that agree in part over sizes and over methods, as those of a suite do."""
    means = np.stack([power_law(factor) for factor in true_factors])
    shapes = (SEEDS,), (1, len(SIZES), SEEDS), (len(means), len(SIZES), SEEDS)
    noise = sum(random.normal(0, spread / math.sqrt(len(shapes)), shape) for shape in shapes)
    return LearningCurves({}, [f"{factor}" for factor in true_factors], SIZES, means[..., None] * (1 + noise))


@pytest.mark.parametrize("factor", [0.3, 0.5, 1, 1.7, 4])
def test_factor_between_power_laws(factor):
    """It is recovered, and beyond the sizes it is a bound."""
    found = factors(power_law(1), power_law(factor))
    assert found[0] == pytest.approx(factor)
    for size, value in zip(SIZES, found[1:], strict=True):
        needed = size * factor
        expected = math.inf if needed > SIZES[-1] else 0 if needed < SIZES[0] else factor
        assert value == pytest.approx(expected, rel=1e-6)


def test_curves_without_common_errors_give_bounds():
    assert np.isposinf(factors(power_law(1), power_law(30))).all()
    assert (factors(power_law(1), power_law(1 / 30)) == 0).all()


def test_overall_factor_is_symmetric():
    one, other = np.array([0.5, 0.4, 0.41, 0.3, 0.2]), np.array([0.6, 0.33, 0.3, 0.3, 0.1])
    assert factors(one, other)[0] == pytest.approx(1 / factors(other, one)[0])


def test_equal_curves_have_factor_one():
    """Even where the curve rises or is flat."""
    for curve in ([0.5, 0.4, 0.45, 0.3, 0.3], [0.4] * 5, [0.2, 0.3, 0.4, 0.5, 0.6]):
        assert factors(curve, curve) == pytest.approx([1.0] * 6)


def test_rising_curve_is_made_monotone():
    bumpy = [0.5, 0.4, 0.44, 0.3, 0.2]  # its monotone fit has √(0.4 · 0.44) at 400 and 800
    found = factors(bumpy, [0.5, math.sqrt(0.4 * 0.44) - 1e-9, 0.3, 0.2, 0.1])
    assert found[1:] == pytest.approx([1, 2, 2, 3500 / 1600, math.inf], rel=1e-6)


def test_error_without_logarithm():
    """It leaves out its size, and of the baseline everything."""
    found = factors(power_law(1), [*power_law(1.5)[:3], math.nan, 0])
    assert found[:4] == pytest.approx([1.5] * 4)
    assert np.isnan(found[4:]).all()
    assert np.isnan(factors([0.4, 0.3, 0.2, 0.1, 0], power_law(1))).all()


def test_intervals_cover_the_true_factors(documented):
    true, random = [1, 0.6, 2.5], np.random.default_rng(0)
    inside = []
    for _ in range(100):
        _, low, high = intervals(made_up(true, random), resamples=200)[:, 1:]
        log = np.log(true[1:])[:, None]
        inside.append((low <= log) & (log <= high))
    rates = np.mean(inside, axis=0)
    in_sight = np.concatenate([rates[0, 2:], rates[1, 1:4]])  # elsewhere the truth is beyond the sizes
    for what, rate in (("over all sizes", rates[:, 0]), ("at a size", in_sight)):
        assert rate.mean() == pytest.approx(documented[f"interval of a factor {what} covers it, 10 seeds"], abs=0.03)
        assert rate.mean() == pytest.approx(0.95, abs=0.03)


def test_percentile_of_censored_draws_is_a_bound():
    curves = made_up([1, 1, 1.9], np.random.default_rng(1), spread=0.1)
    values, low, high = intervals(curves, resamples=500)
    # At the largest size an equal method is now better and now worse, at 1,600 one worth 1.9 may be beyond 3,500.
    assert np.isfinite(low[1, -1])
    assert high[1, -1] == math.inf
    assert np.isneginf(low[1, 1])
    assert np.isfinite(high[1, 1])
    assert (np.isfinite(values[2, 4]), high[2, 4]) == (True, math.inf)
    assert np.isposinf(intervals(made_up([1, 10], np.random.default_rng(1)))[:, 1, -1]).all()


def test_intervals_contain_their_factors():
    """They do not depend on the order of seeds."""
    curves = made_up([1, 0.5, 2], np.random.default_rng(2))
    values, low, high = intervals(curves, resamples=300)[:, 1:]
    assert (low <= values).all()
    assert (values <= high).all()
    turned = LearningCurves({}, curves.methods, SIZES, curves.errors[..., ::-1])
    assert intervals(turned)[0, 1:] == pytest.approx(values)


def test_no_intervals_with_too_few_seeds():
    curves = made_up([1, 2], np.random.default_rng(0))
    few = LearningCurves({}, curves.methods, SIZES, curves.errors[..., : FEWEST_SEEDS - 1])
    values, *bounds = intervals(few)
    assert np.isfinite(values[1, 0])
    assert np.isnan(bounds).all()
    enough = LearningCurves({}, curves.methods, SIZES, curves.errors[..., :FEWEST_SEEDS])
    assert np.isfinite(intervals(enough)[:, 1, 0]).all()


@pytest.fixture
def make_series(make_table):
    """Scored runs of one series from {size: {method: errors by seed}}."""

    def build(errors, series="mnist1d"):
        tables, methods_of_series = [], {}
        for size, methods in errors.items():
            cases = {
                (method, None, seed): {"final_test_score": 1 - error}
                for method, own in methods.items()
                for seed, error in own.items()
            }
            plan, facts, runs = make_table(cases, n_train=int(size))
            methods_of_series |= facts["methods"]
            study, run = f"{series}_{size}", pl.concat_str(pl.lit(f"{series} {size} "), "run")
            labels = {"series": pl.lit(series), "study": pl.lit(study)}
            tables.append((plan.with_columns(**labels, run=run), runs.with_columns(run=run)))
        plans, runs = zip(*tables, strict=True)
        return selected_runs(join_runs(pl.concat(plans), facts | {"methods": methods_of_series}, pl.concat(runs)))

    return build


def errors_of(methods, seeds=SEEDS, sizes=(800, 200, 3500, 400, 1600)):
    """Seeds differ, and do so alike in all methods and sizes, so that factors have no spread."""
    return {
        size: {
            method: {seed: 3 * (size * factor) ** -0.4 * (1 + 0.01 * seed) for seed in range(seeds)}
            for method, factor in methods.items()
        }
        for size in sizes
    }


def test_rows_per_method_and_size(make_series):
    table = sample_efficiency(make_series(errors_of({"hard": 2.5, "none": 1})), "none")
    assert dict(table.schema) == SCHEMA
    assert table.select("method", "n_train").rows() == [
        (method, size) for method in ("none", "hard") for size in (None, *SIZES)
    ]
    hard = table.filter(method="hard")
    assert hard["factor"].to_list() == pytest.approx([2.5, 2.5, 2.5, 2.5, 3500 / 1600, 1])
    assert hard["factor_bound"].to_list() == [None] * 4 + ["at least"] * 2
    assert hard["factor_low"].to_list() == pytest.approx(hard["factor"].to_list())
    assert table["test_error"][1] == pytest.approx(3 * 200**-0.4 * 1.045)
    assert table["test_error"][0] is None
    assert table.filter(method="none")["factor"].to_list() == [None] * 6


def test_seeds_and_methods_are_shared_by_sizes(make_series):
    errors = errors_of({"none": 1, "hard": 2, "soft": 2})
    del errors[400]["soft"], errors[800]["hard"][3]
    (curves,) = learning_curves(make_series(errors), "none")
    assert (curves.methods, curves.errors.shape) == (["none", "hard"], (2, 5, 9))
    assert curves.errors[0, 0].tolist() == pytest.approx([3 * 200**-0.4 * (1 + 0.01 * s) for s in range(10) if s != 3])


@pytest.mark.parametrize(
    ("methods", "sizes"), [({"none": 1, "hard": 2}, (200, 400)), ({"none": 1}, SIZES), ({"soft": 1, "hard": 2}, SIZES)]
)
def test_table_is_empty_without_comparison(make_series, methods, sizes):
    table = sample_efficiency(make_series(errors_of(methods, sizes=sizes)), "none")
    assert table.is_empty()
    assert dict(table.schema) == SCHEMA


def test_diverged_run_has_no_factor_at_its_size(make_series):
    errors = errors_of({"none": 1, "hard": 2, "soft": 1})
    errors[400]["hard"][0] = math.nan
    table = sample_efficiency(make_series(errors), "none")
    hard = table.filter(method="hard")["factor"].to_list()
    assert math.isnan(hard[2])
    assert [hard[0], hard[1], hard[3]] == pytest.approx([2] * 3)
    assert table.filter(method="soft")["factor"].to_list() == pytest.approx([1] * 6)
