from functools import cache

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.execute.build import check_runs
from sharegap.execute.pack import pack
from sharegap.plan import suite
from sharegap.plan.configs import CONF
from sharegap.plan.suite import expand
from sharegap.results.statistics import min_seeds_for_significance

SUITES = sorted(path.stem for path in (CONF / "suite").glob("*.yaml"))


@cache
def expanded(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("bench", overrides)
        return expand(config.suite, config.trainer.precision)


@pytest.mark.parametrize("name", SUITES)
def test_every_shipped_suite_can_be_trained(name):
    plan, runs = expanded(f"suite={name}")
    assert set(plan["run"]) == set(runs)
    assert plan["suite"].unique().to_list() == [name]


CONTESTS = [name for name in SUITES if name != "smoke" and not name.startswith(("paper_", "images"))]


@pytest.mark.parametrize("name", CONTESTS)
def test_shipped_contests_have_the_seeds_that_significance_takes(name):
    shipped = OmegaConf.load(CONF / "suite" / f"{name}.yaml")
    assert shipped.seeds >= min_seeds_for_significance(len(shipped.methods) - 1)


def test_methods_share_seeds_and_have_grids_of_one_size():
    plan, runs = expanded()
    assert plan["seed"].n_unique() >= 8
    for (_, method), group in plan.group_by("study", "method"):
        assert group["trial"].n_unique() == (1 if method in ("none", "hard", "narrow") else 3)
        assert set(group["seed"]) == set(plan["seed"])
        # All strengths of a method are one fleet, save where they change what is trained.
        assert len(pack(runs[run] for run in group["run"])) == (3 if method == "ensemble" else 1)


def test_refuses_unequal_grids(monkeypatch):
    whole = suite.grid_of
    monkeypatch.setattr(suite, "grid_of", lambda config: whole(config)[: 1 if config.method.name == "l2" else None])
    with pytest.raises(UserError, match="same number of strengths"):
        expanded.__wrapped__("suite=smoke")


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("suite.seeds=0", "suite.seeds must be an integer >= 1, got 0"),
        ("suite.overrides=['dataset.n_validation=0']", "soft needs validation samples to choose its settings"),
        ("suite.overrides=['dataset.n_train=9']", "one of each class"),
        ("suite.overrides=['training.steps=7']", "not a multiple"),
    ],
)
def test_refuses_before_anything_is_trained(override, sentence):
    with pytest.raises(UserError, match=sentence):
        check_runs(expanded("suite=smoke", override)[1].values())


def test_a_method_is_left_out_where_the_suite_says_so():
    plan, _ = expanded("suite=strategies")
    methods = {study: set(group["method"]) for (study,), group in plan.group_by("study")}
    assert methods["positions_digits"] ^ methods["tasks_two_digits"] == {"cross_stitch", "soft_smooth"}


def test_what_is_left_out_must_exist():
    with pytest.raises(UserError, match=r"no method in suite\.exclude\.mnist1d 'l3': did you mean l2"):
        expanded("suite=smoke", "+suite.exclude={mnist1d: [l3]}")


def test_fewer_methods_and_studies_can_be_asked_for_on_the_command_line():
    plan, _ = expanded("suite.methods=[none,hard]", "~suite.studies.digits_reconstruction")
    assert set(plan["method"]) == {"none", "hard"}


def settings_of(plan, runs, **labels):
    """The strength, where there is one, and learning rate of each run, in the order of the plan."""
    configs = [runs[run].config for run in plan.filter(**labels)["run"]]
    return [(config["sharing"].get("strength"), config["optimizer"]["lr"]) for config in configs]


def rates_of(plan, runs, method):
    return list(dict.fromkeys(rate for _, rate in settings_of(plan, runs, method=method)))


def test_every_method_has_as_many_trials_where_the_learning_rate_is_tuned():
    plan, runs = expanded("suite=smoke", "suite.learning_rates=[0.3, 1, 3]")
    few = [0.01, 0.03, 0.003]  # the config's own first, then the nearest
    for (study, method), group in plan.group_by("study", "method"):
        assert group["run"].n_unique() == group["trial"].n_unique() * group["seed"].n_unique()
        assert group["trial"].n_unique() == 9, (study, method)
        rates = rates_of(plan, runs, method)
        assert set(few) <= set(rates)
        assert rates[0] == 0.01
        assert max(rates) == 0.03
        assert min(rates) == 0.003
    assert rates_of(plan, runs, "soft") == few
    strengths = [strength for strength, _ in settings_of(plan.sort("trial"), runs, method="soft", study="mnist1d")]
    assert strengths == sorted(strengths)
    # All trials of a method are still one structure.
    assert len({run.structure for run in runs.values()}) == plan["study"].n_unique() * plan["method"].n_unique()


@pytest.mark.parametrize("factors", ["[0.3, 3]", "[1, -1]", "[1, 1, 3]", "[1, inf]", "[1, few]"])
def test_refuses_learning_rates_that_are_no_choice(factors):
    with pytest.raises(UserError, match=r"suite\.learning_rates is .* one of them 1"):
        expanded("suite=smoke", f"suite.learning_rates={factors}")


def test_sizes_make_a_study_each_of_one_series():
    plan, runs = expanded("suite=smoke", "suite.sizes=[100, 200]")
    sizes = {(row["study"], row["series"], runs[row["run"]].config["dataset"]["n_train"]) for row in plan.to_dicts()}
    assert sizes == {(f"{series}_{size}", series, size) for size in (100, 200) for series in ("digits", "mnist1d")}


def test_none_again_is_none_with_seeds_of_its_own():
    plan, runs = expanded("suite=aa")
    for _, of_seed in plan.group_by("study", "seed"):
        one, other = (dict(runs[run].config) for run in of_seed["run"])
        assert one.pop("seed") != other.pop("seed")
        assert one == other
