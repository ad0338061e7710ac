"""What suites say of the literature's figures, in their plan."""

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.plan.configs import CONF
from sharegap.plan.published import deviations_of, published_facts
from sharegap.plan.suite import suite_facts

PAPERS = sorted(path.stem for path in (CONF / "suite").glob("paper_*.yaml"))
VALUE = "+suite.published={mnist1d: {hard: {test_score: 0.9, tolerance: 0.1, source: Someone, outperforms: [none]}}}"


def suite_of(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("bench", overrides).suite


def test_the_plan_says_what_is_published_of_a_method_in_a_study():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        facts = suite_facts(compose("bench", ["suite=smoke", VALUE, "+suite.deviations={mnist1d: Much.}"]).suite)
    expected = {"test_score": 0.9, "tolerance": 0.1, "source": "Someone", "outperforms": ["none"]}
    assert facts["published"] == {"mnist1d": {"hard": expected}, "digits": {}}
    assert facts["deviations"] == {"mnist1d": "Much."}


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("{test_score: 0.9}", "tolerance of suite.published.mnist1d.hard is None: state an absolute one above 0"),
        ("{test_score: 0.9, tolerance: -1}", "tolerance of suite.published.mnist1d.hard is -1"),
        ("{test_score: 0.9, tolerance: 1, from: Someone}", "no entry of suite.published.mnist1d.hard 'from'"),
        ("{outperforms: [nome]}", r"no method in suite.published.mnist1d.hard.outperforms 'nome': did you mean none"),
    ],
)
def test_refuses_what_says_nothing(entry, sentence):
    suite = suite_of("suite=smoke", f"+suite.published={{mnist1d: {{hard: {entry}}}}}")
    with pytest.raises(UserError, match=sentence):
        published_facts(suite, "mnist1d", "hard")


@pytest.mark.parametrize("name", PAPERS)
def test_papers_say_where_each_figure_stands_and_what_differs(name):
    suite = suite_of(f"suite={name}")
    assert set(suite.published) <= set(suite.studies)
    for study, methods in suite.published.items():
        assert set(methods) <= set(suite.methods) - set(suite.exclude.get(study, []))
        for method in methods:
            facts = published_facts(suite, study, method)
            assert facts["source"], (study, method)
            assert deviations_of(suite, study), (study, method)
            assert set(facts.get("outperforms", [])) <= set(suite.methods)
    assert OmegaConf.to_container(suite.published)
