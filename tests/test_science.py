"""What the field knows already must come out: else the leaderboard measures something else."""

from sharegap.data.sets import markov_text
from sharegap.data.sets.related_tasks import best_r2
from sharegap.execute.prepare import prepare_runs
from sharegap.execute.runner import open_runner
from sharegap.plan.configs import compose_config
from sharegap.plan.suite import compose_suite
from sharegap.results import join_runs, selected_runs
from sharegap.results.paired import paired_comparisons
from sharegap.results.selection import validation_scores
from sharegap.results.summary import leaderboard


def scored_runs(folder, *overrides):
    config = compose_config([*overrides, f"out={folder}", "logger=none"], name="bench")
    suite, to_come = compose_suite(config.suite, config.trainer.precision), 1
    with open_runner(config) as runner:
        while to_come:
            plan = suite.plan(validation_scores(runner.store.runs()))
            runner.train(prepare_runs(runner.store, plan.runs.values(), trained=runner.trained))
            to_come = plan.to_come
        return join_runs(plan.table, plan.facts, runner.store.runs())


def table(folder, *overrides):
    return leaderboard(scored_runs(folder, *overrides), "none")


def test_sharing_over_positions(tmp_path):
    """MNIST-1D and its negative control, as in the default suite; seeds are fixed."""
    others = (f"~suite.studies.{study}" for study in ("digit_pairs", "two_digits", "digits_reconstruction"))
    rows = table(tmp_path, "suite.seeds=4", "suite.trials=1", "suite.methods=[none,hard]", *others)
    hard = {row["study"]: row for row in rows.to_dicts() if row["method"] == "hard"}
    assert hard["mnist1d"]["delta_low"] > 0
    assert hard["mnist1d_shuffled"]["delta_high"] < 0


def test_tied_embeddings(tmp_path):
    """A synthetic language in which they do (Press & Wolf 2017); no model beats its entropy."""
    studies = compose_config(["suite=sites"], name="bench").suite.studies
    others = [study for study in studies if study[:10] != "embeddings"]
    unwanted = [f"~suite.studies.{study}" for study in others]
    rows = table(
        tmp_path, "suite=sites", "suite.seeds=5", "suite.trials=1", "suite.methods=[none,hard]", *unwanted
    ).to_dicts()
    none, hard = (next(row for row in rows if row["method"] == method) for method in ("none", "hard"))
    assert not hard["higher_is_better"]
    assert hard["delta_high"] < 0
    assert hard["unique_parameters"] < none["unique_parameters"]
    assert min(none["test_loss"], hard["test_loss"]) > markov_text().entropy


def test_related_tasks(tmp_path):
    """Linear regressions that are alike but not the same: soft sharing beats both ends (Evgeniou & Pontil 2004)."""
    unwanted = [f"~suite.studies.{study}" for study in compose_config(["suite=default"], name="bench").suite.studies]
    mine = "+suite.studies.related_tasks=['dataset=related_tasks','model=per_task']"
    searched = ("suite.seeds=5", "suite.trials=5", "suite.learning_rates=[1]", "suite.methods=[none,hard,soft]")
    runs = scored_runs(tmp_path, *unwanted, mine, *searched)
    best = selected_runs(runs)
    rows = paired_comparisons(best).filter(method="soft").to_dicts()
    assert {row["baseline"] for row in rows} == {"none", "hard"}
    assert all(row["delta_low"] > 0.05 for row in rows)
    soft = best.filter(method="soft")
    assert not soft["at_edge"].any()
    assert 0.5 <= soft["strength"].unique().item() <= 8  # the ratio of shared to own variance is 2
    assert best_r2() - 0.2 < soft["test_score"].mean() < best_r2()


def test_same_network_has_no_winner(tmp_path):
    """The suite aa, trained for less long: other seeds alone make no difference that is called one.

    Each of the two is tuned on its own seeds.
    """
    searched = ("suite.trials=3", "suite.tuning_seeds=1", "suite.seeds=8")
    rows = table(tmp_path, "suite=aa", *searched, "suite.overrides=['training.steps=40']").to_dicts()
    assert {row["trials"] for row in rows} == {3}
    again = [row for row in rows if row["method"] == "none_again"]
    assert len(again) == 3
    assert all(row["p_adjusted"] > 0.01 for row in again)  # at 0.05, one draw in seven would have a winner somewhere
    assert all(row["delta_test_score"] != 0 for row in again)  # it was trained, with other seeds
