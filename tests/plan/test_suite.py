"""From a suite to its plan."""

from functools import cache

import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute.check import check_runs
from sharegap.execute.pack import pack
from sharegap.plan.configs import choices, compose_config
from sharegap.plan.suite import plan_suite
from sharegap.results.statistics import min_seeds_for_significance

SUITES = list(choices("suite"))
CONTESTS = [name for name in SUITES if name != "smoke" and not name.startswith(("paper_", "images"))]


@cache
def planned(*overrides):
    config = compose_config(overrides, name="bench")
    return plan_suite(config.suite, config.trainer.precision)


@pytest.mark.parametrize("name", SUITES)
def test_every_shipped_suite_has_a_plan(name):
    """All methods in the first study, and two in all studies: all in all of suite full take half a minute."""
    shipped = compose_config([f"suite={name}"], name="bench").suite
    others = [f"~suite.studies.{study}" for study in list(shipped.studies)[1:]]
    for fewer in (others, [f"suite.methods=[{','.join(shipped.methods[:2])}]"]):
        plan = planned(f"suite={name}", "suite.seeds=1", "suite.learning_rates=null", *fewer)
        assert set(plan.table["run"]) == set(plan.runs)
        assert plan.table["suite"].unique().to_list() == [name]
        assert set(plan.facts["methods"]) == set(plan.table["method"])
        assert set(plan.facts["published"]) == set(plan.table["study"])


@pytest.mark.parametrize("name", CONTESTS)
def test_shipped_contests_can_reach_significance(name):
    shipped = compose_config([f"suite={name}"], name="bench").suite
    assert shipped.seeds >= min_seeds_for_significance(len(shipped.methods) - 1)


def test_methods_share_seeds_and_grid_sizes():
    plan = planned()
    assert plan.table["seed"].n_unique() >= 8
    for (_, method), group in plan.table.group_by("study", "method"):
        assert group["trial"].n_unique() == (1 if method in ("none", "hard", "narrow") else 3)
        assert set(group["seed"]) == set(plan.table["seed"])
        # All strengths of a method are one fleet, save where they change what is trained.
        fleets = pack(plan.runs[run] for run in group["run"])
        assert len(fleets) == (3 if method == "ensemble" else 1)


def test_a_wider_suite_changes_no_run():
    """A method, a study or a seed more, in whatever order, after whatever this process did before."""
    narrow = planned("suite=smoke", "suite.methods=[hard,none]", "~suite.studies.digits")
    torch.manual_seed(7)
    wide = planned("suite=smoke", "suite.seeds=3", "+suite.studies.more=['dataset=mnist1d', 'model=residual']")
    columns = ["study", "method", "trial", "seed", "run"]
    assert narrow.table.select(columns).join(wide.table, on=columns, how="anti").is_empty()
    assert narrow.runs.items() <= wide.runs.items()


def test_all_learning_rates_are_one_structure():
    plan = planned("suite=smoke", "suite.learning_rates=[0.3, 1, 3]")
    rates = {run.config["optimizer"]["lr"] for run in plan.runs.values()}
    assert {0.003, 0.01, 0.03} < rates
    structures = {run.structure for run in plan.runs.values()}
    assert len(structures) == plan.table["study"].n_unique() * plan.table["method"].n_unique()


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("suite.overrides=['dataset.n_validation=0']", "soft needs validation samples to choose its settings"),
        ("suite.overrides=['training.steps=7']", r"training\.steps must be a multiple of training\.evaluations"),
    ],
)
def test_refuses_before_anything_is_built(override, sentence):
    with pytest.raises(UserError, match=sentence):
        planned("suite=smoke", override)


def test_refuses_before_anything_is_trained():
    plan = planned("suite=smoke", "suite.overrides=['dataset.n_train=9']")
    with pytest.raises(UserError, match="one per class"):
        check_runs(plan.runs.values())


def test_a_suite_excludes_methods_from_a_series():
    table = planned("suite=strategies").table
    methods = {study: set(group["method"]) for (study,), group in table.group_by("study")}
    assert methods["positions_digits"] ^ methods["tasks_two_digits"] == {"cross_stitch", "soft_smooth"}


def test_the_command_line_may_ask_for_less():
    plan = planned("suite.methods=[none,hard]", "~suite.studies.digits_reconstruction")
    assert set(plan.table["method"]) == {"none", "hard"}
    assert "digits_reconstruction" not in plan.table["study"]


def test_sizes_make_a_study_each_of_one_series():
    plan = planned("suite=smoke", "suite.sizes=[100, 200]")
    sizes = set()
    for row in plan.table.to_dicts():
        sizes.add((row["study"], row["series"], plan.runs[row["run"]].config["dataset"]["n_train"]))
    assert sizes == {(f"{series}_{size}", series, size) for series in ("digits", "mnist1d") for size in (100, 200)}


def test_none_again_has_seeds_of_its_own():
    plan = planned("suite=aa")
    for _, group in plan.table.group_by("study", "seed"):
        none, again = (dict(plan.runs[run].config) for run in group["run"])
        assert none.pop("seed") != again.pop("seed")
        assert none == again


def test_facts_hold_what_is_published():
    value = "{test_score: 0.9, tolerance: 0.1, source: Someone, outperforms: [none]}"
    overrides = (f"+suite.published={{mnist1d: {{hard: {value}}}}}", "+suite.deviations={mnist1d: Much.}")
    facts = planned("suite=smoke", *overrides).facts
    published = facts["published"]["mnist1d"]["hard"]
    assert (published["test_score"], published["tolerance"], published["source"]) == (0.9, 0.1, "Someone")
    assert published["outperforms"] == ["none"]
    assert facts["published"]["digits"] == {}
    assert facts["deviations"] == {"mnist1d": "Much."}


@pytest.mark.parametrize("dataset", ["table", "arrays"])
def test_default_model_fits_columns(dataset):
    """Columns have no order, so no convolution runs over them unless it is asked for."""
    assert compose_config([f"dataset={dataset}"]).model.name == "residual"
    assert compose_config(["model=local1d", f"dataset={dataset}", "method=l2"]).model.name == "local1d"
    plan = planned("suite=smoke", f"suite.studies.digits=['dataset={dataset}']")
    models = {run.config["dataset"]["name"]: run.config["model"]["name"] for run in plan.runs.values()}
    assert models == {dataset: "residual", "mnist1d": "local1d"}
