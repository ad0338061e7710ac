"""What a suite may say."""

import pytest
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.plan.configs import choices, compose_config
from sharegap.plan.schema import read_suite

PAPERS = [name for name in choices("suite") if name.startswith("paper_")]


def suite_config(*overrides):
    return compose_config(overrides, name="bench").suite


MISTAKES = {
    "suite.seeds=0": "suite.seeds must be an integer >= 1, got 0",
    "suite.seeds=2.0": r"suite.seeds must be an integer >= 1, got 2\.0",
    "suite.baseline=nome": "suite.baseline: there is no method 'nome': did you mean none",
    "suite.methods=[none,sotf]": r"suite.methods.1: there is no method 'sotf': did you mean soft",
    "suite.sizes=[100,0]": r"suite.sizes.1 must be an integer >= 1, got 0",
    "+suite.exclude={mnist1d: [l3]}": r"suite\.exclude\.mnist1d\.0: there is no method 'l3': did you mean l2",
    "suite.negative_controls=[mnist2d]": r"suite\.negative_controls: there is no study 'mnist2d': did you mean mnist1d",
    "suite.anchors=linear": "suite.anchors must be true or false, got 'linear'",
    "suite.tolerance=-1": r"suite\.tolerance must be a finite number > 0, got -1",
    "suite.learning_rates=[1, few]": r"suite\.learning_rates\.1 must be a number",
    "suite.learning_rates=[1, -1]": r"suite\.learning_rates\.1 must be a finite number > 0, got -1",
    "suite.learning_rates=[1, inf]": r"suite\.learning_rates\.1 must be a finite number > 0, got inf",
}


@pytest.mark.parametrize(("override", "sentence"), MISTAKES.items(), ids=list(MISTAKES))
def test_refuses_values_out_of_range(override, sentence):
    with pytest.raises(UserError, match=sentence):
        read_suite(suite_config("suite=smoke", override))


@pytest.mark.parametrize("factors", ["[0.3, 1]", "[1, 1, 3]", "[]"])
def test_refuses_learning_rates_without_default(factors):
    with pytest.raises(UserError, match=r"suite\.learning_rates must be different factors .*, 1 first"):
        read_suite(suite_config("suite=smoke", f"suite.learning_rates={factors}"))


PUBLISHED_MISTAKES = {
    "{test_score: 0.9}": "mnist1d.hard has a score and no tolerance: state an absolute one > 0",
    "{test_score: 0.9, tolerance: -1}": r"published\.mnist1d\.hard\.tolerance must be a finite number > 0, got -1",
    "{test_score: 0.9, tolerance: 1, from: Someone}": "no option of suite.published.mnist1d.hard 'from'",
    "{outperforms: [nome]}": r"published\.mnist1d\.hard\.outperforms\.0: there is no method 'nome': did you mean none",
}


@pytest.mark.parametrize(("entry", "sentence"), PUBLISHED_MISTAKES.items(), ids=list(PUBLISHED_MISTAKES))
def test_refuses_published_without_meaning(entry, sentence):
    config = suite_config("suite=smoke", f"+suite.published={{mnist1d: {{hard: {entry}}}}}")
    with pytest.raises(UserError, match=sentence):
        read_suite(config).published_of("mnist1d")


@pytest.mark.parametrize("name", PAPERS)
def test_papers_state_sources_and_deviations(name):
    suite = read_suite(suite_config(f"suite={name}"))
    assert set(suite.published) <= set(suite.studies)
    for study in suite.published:
        methods = suite.published_of(study)
        assert set(methods) <= set(suite.methods_of(study))
        assert suite.deviations_of(study)
        for published in methods.values():
            assert published["source"]
            assert set(published["outperforms"]) <= set(suite.methods)


def test_a_suite_may_hold_keys_of_its_own():
    config = suite_config("suite=paper_random_labels", "suite.photographs=cifar10")
    assert OmegaConf.to_container(config, resolve=True)["photographs"] == "cifar10"
    assert "dataset=cifar10_random_labels" in read_suite(config).studies["mlp"]
