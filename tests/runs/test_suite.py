import pytest
from hydra import compose, initialize_config_dir

from sharegap.errors import UserError
from sharegap.runs import suite
from sharegap.runs.cli import CONF
from sharegap.runs.fleets import pack
from sharegap.runs.suite import expand

SUITES = sorted(path.stem for path in (CONF / "suite").glob("*.yaml"))


def expanded(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("bench", overrides)
        return expand(config.suite, config.trainer.precision)


@pytest.mark.parametrize("name", SUITES)
def test_every_shipped_suite_can_be_trained(name):
    plan, runs = expanded(f"suite={name}")
    assert set(plan["run"]) == set(runs)
    assert plan["suite"].unique().to_list() == [name]


def test_methods_share_seeds_and_have_grids_of_one_size():
    plan, runs = expanded()
    assert plan["seed"].n_unique() >= 8
    for (_, method), group in plan.group_by("study", "method"):
        assert group["strength"].drop_nulls().n_unique() == (0 if method in ("none", "hard") else 3)
        assert set(group["seed"]) == set(plan["seed"])
    # All strengths of a method are one fleet.
    assert len(pack(runs.values())) == plan["study"].n_unique() * plan["method"].n_unique()


def test_refuses_unequal_grids(monkeypatch):
    whole = suite.grid_of
    monkeypatch.setattr(suite, "grid_of", lambda config: whole(config)[: 1 if config.method.name == "l2" else None])
    with pytest.raises(UserError, match="same number of strengths"):
        expanded("suite=smoke")


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("suite.seeds=0", "suite.seeds is 0"),
        ("suite.overrides=['dataset.n_validation=0']", "soft needs validation samples to choose its strength"),
        ("suite.overrides=['dataset.n_train=9']", "one of each class"),
        ("suite.overrides=['training.steps=7']", "not a multiple"),
    ],
)
def test_refuses_before_anything_is_trained(override, sentence):
    with pytest.raises(UserError, match=sentence):
        expanded("suite=smoke", override)


def test_a_method_is_left_out_where_the_suite_says_so():
    plan, _ = expanded("suite=strategies")
    methods = {study: set(group["method"]) for (study,), group in plan.group_by("study")}
    assert methods["positions_digits"] ^ methods["tasks_two_digits"] == {"cross_stitch", "soft_smooth"}


@pytest.mark.parametrize(
    ("without", "sentence"),
    [("{mnist2d: [l2]}", "no study in suite.without 'mnist2d'"), ("{mnist1d: [l3]}", "'l3': did you mean l2")],
)
def test_what_is_left_out_must_exist(without, sentence):
    with pytest.raises(UserError, match=sentence):
        expanded("suite=smoke", f"+suite.without={without}")
