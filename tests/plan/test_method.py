"""The runs of a method: those that tune it, then those that measure it on fresh seeds."""

from itertools import pairwise

import pytest

from tests.plans import ONE_RATE, SEARCHED, finished, planned


def test_tuned_first_then_measured_on_fresh_seeds():
    *before, last = finished(*SEARCHED, "suite.learning_rates=[1, 3, 0.3]", score=lambda run: -run.config["seed"])
    assert all(plan.to_come > 0 for plan in before)
    assert set(before[0].table["phase"]) == {"tune"}
    for _, group in last.table.group_by("study", "method"):
        tuned, measured = (group.filter(phase=phase) for phase in ("tune", "measure"))
        assert tuned["trial"].n_unique() == 6
        assert (len(tuned), len(measured)) == (12, 4)
        seeds = [{last.runs[run].config["seed"] for run in part["run"]} for part in (tuned, measured)]
        assert not seeds[0] & seeds[1]
        assert measured["trial"].n_unique() == 1
        # All settings of a method are one structure: they train side by side.
        assert len({last.runs[run].structure for run in group["run"]}) == 1


def test_plan_grows_and_never_changes():
    """Whatever the scores are: so that a suite resumes."""
    plans = finished(*ONE_RATE, score=lambda run: int(run.id, 16) % 1000)
    for before, after in pairwise(plans):
        planned_before = before.table.filter(phase="tune").select("method", "trial", "seed", "run")
        assert planned_before.join(after.table, on=planned_before.columns, how="anti").is_empty()
        assert len(before.runs) + before.to_come >= len(after.runs)


def test_best_in_tuning_is_measured():
    """Here the largest dropout below 0.4; the search goes beyond the end of its grid."""

    def score(run):
        p = run.config["regularizer"].get("dropout", {}).get("strength", 0)
        return p if p < 0.4 else -p

    *_, last = finished(*ONE_RATE, "suite.methods=[none,dropout]", score=score)
    [measured] = {
        last.runs[run].config["regularizer"]["dropout"]["strength"]
        for run in last.table.filter(phase="measure", method="dropout")["run"]
    }
    assert 0.25 < measured < 0.4
    assert not last.table.filter(method="dropout")["at_edge"].any()


@pytest.mark.parametrize("seed", [0, 7, 999_999, 1_000_000])
def test_no_seed_is_tuned_and_measured(seed):
    *_, last = finished(*ONE_RATE, f"suite.overrides=[seed={seed}]", "suite.methods=[none,dropout]")
    tuned, measured = (
        {last.runs[run].config["seed"] for run in last.table.filter(phase=phase)["run"]}
        for phase in ("tune", "measure")
    )
    assert len(tuned) == 2
    assert len(measured) == 4
    assert not tuned & measured


def test_more_seeds_repeat_no_trial():
    *_, few = finished(*ONE_RATE, "suite.methods=[none,dropout]")
    *_, many = finished(*ONE_RATE, "suite.methods=[none,dropout]", "suite.seeds=6")
    new = {run: many.runs[run].config["seed"] for run in many.runs.keys() - few.runs.keys()}
    assert set(few.runs) <= set(many.runs)
    assert sorted(new.values()) == [4, 4, 5, 5]


def test_more_trials_keep_those_done():
    """All of them where one number is tuned; of two, those of the first."""

    def score(run):
        return int(run.id, 16) % 1000

    for rates, kept in (("[1]", 8), ("[1, 3, 0.3]", 4)):
        options = (*SEARCHED, f"suite.learning_rates={rates}", "suite.methods=[none,dropout]")
        *_, few = finished(*options, "suite.trials=4", score=score)
        *_, many = finished(*options, "suite.trials=6", score=score)
        done, again = (plan.table.filter(phase="tune", method="dropout")["run"] for plan in (few, many))
        assert done.head(kept).to_list() == again.head(kept).to_list()


def test_without_trials_own_settings_are_measured():
    plan = planned("suite=paper_mnist1d")
    assert set(plan.table["phase"]) == {"measure"}
    assert plan.to_come == 0
