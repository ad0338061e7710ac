"""From a suite to its plan."""

import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute.check import check_runs
from sharegap.plan.configs import choices, compose_config
from sharegap.plan.run import ANCHORS
from sharegap.results.statistics import min_seeds_for_significance
from tests.plans import ONE_RATE, finished, planned

SUITES = list(choices("suite"))
CONTESTS = [name for name in SUITES if name != "smoke" and not name.startswith(("paper_", "images"))]


@pytest.mark.parametrize("name", SUITES)
def test_every_shipped_suite_has_a_plan(name):
    """All methods in the first study, and two in all studies: all in all of suite full take half a minute."""
    shipped = compose_config([f"suite={name}"], name="bench").suite
    others = [f"~suite.studies.{study}" for study in list(shipped.studies)[1:]]
    for fewer in (others, [f"suite.methods=[{','.join(shipped.methods[:2])}]"]):
        plan = planned(f"suite={name}", "suite.seeds=1", *fewer)
        assert set(plan.table["run"]) == set(plan.runs)
        assert plan.table["suite"].unique().to_list() == [name]
        assert set(plan.facts["methods"]) == set(plan.table["method"])
        assert set(plan.facts["published"]) == set(plan.table["study"])


@pytest.mark.parametrize("name", CONTESTS)
def test_shipped_contests_can_reach_significance(name):
    shipped = compose_config([f"suite={name}"], name="bench").suite
    assert shipped.seeds >= min_seeds_for_significance(len(shipped.methods) - 1)


def test_a_wider_suite_changes_no_run():
    """A method, a study or a seed more, in whatever order, after whatever this process did before."""
    narrow = planned("suite=smoke", "suite.methods=[hard,none]", "~suite.studies.digits")
    torch.manual_seed(7)
    wide = planned(
        "suite=smoke", "suite.seeds=3", "suite.trials=5", "+suite.studies.more=['dataset=mnist1d', 'model=residual']"
    )
    columns = ["study", "method", "trial", "seed", "run"]
    assert narrow.table.select(columns).join(wide.table, on=columns, how="anti").is_empty()
    assert narrow.runs.items() <= wide.runs.items()


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
    plan = planned("suite.methods=[none,hard]", "~suite.studies.markov_text")
    assert set(plan.table["method"]) == {"none", "hard"}
    assert "markov_text" not in plan.table["study"]


def test_sizes_make_a_study_each_of_one_series():
    plan = planned("suite=smoke", "suite.sizes=[100, 200]")
    sizes = set()
    for row in plan.table.to_dicts():
        sizes.add((row["study"], row["series"], plan.runs[row["run"]].config["dataset"]["n_train"]))
    assert sizes == {(f"{series}_{size}", series, size) for series in ("digits", "mnist1d") for size in (100, 200)}


def test_none_again_has_seeds_of_its_own():
    *_, plan = finished("suite=aa", "suite.seeds=2", "suite.trials=3")
    for _, group in plan.table.group_by("study", "phase", "trial", "seed"):
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


def test_anchors_are_paired_with_measured_runs():
    """On the samples of their seeds, in the same order; the plan's runs are without them."""
    *_, last = finished(*ONE_RATE, "suite.methods=[none,l2]")
    anchors = last.facts["anchors"]["mnist1d"]
    assert list(anchors) == list(ANCHORS)
    measured = last.table.filter(phase="measure", method="none").sort("seed")["run"]
    seeds = [last.runs[run].config["seed"] for run in measured]
    for name, ids in anchors.items():
        assert [last.anchors[run].config["seed"] for run in ids] == seeds
        assert {last.anchors[run].config["anchor"] for run in ids} == {name}
    assert not last.anchors.keys() & last.runs.keys()


def test_a_suite_may_have_no_anchors():
    plan = planned("suite=smoke", "suite.anchors=false")
    assert (plan.anchors, plan.facts["anchors"]) == ({}, {})


def test_negative_controls_of_all_sizes():
    facts = planned("suite=smoke", "suite.sizes=[100, 200]", "suite.negative_controls=[digits]").facts
    assert facts["negative_controls"] == ["digits_100", "digits_200"]


SMALL = ("~suite.studies.mnist1d", "~suite.studies.digit_pairs", "~suite.studies.two_digits", "suite.trials=1")


def test_controls_are_declared():
    methods = planned("suite=controls", *SMALL).facts["methods"]
    declared = {name: facts["control"] for name, facts in methods.items() if facts["control"]}
    assert declared == {"same_start": "start", "narrow": "parameters", "hard_permuted": "structure"}
    assert {name for name, facts in methods.items() if facts["shares"]} == {"hard", "hard_permuted", "wide"}


def test_facts_name_both_tuned_numbers():
    facts = planned("suite=smoke", "~suite.studies.digits", "suite.methods=[none,soft+l2]").facts["methods"]
    assert facts["soft+l2"]["tunes"] == ["sharing.strength", "regularizer.l2.strength"]
    assert facts["none"]["tunes"] is None
