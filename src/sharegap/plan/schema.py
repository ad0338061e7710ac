"""What a suite may say, checked before anything is composed."""

import re
from typing import Annotated, Any, cast

from omegaconf import DictConfig, OmegaConf
from pydantic import AfterValidator, BeforeValidator, Field

from sharegap.errors import UserError, unknown_name
from sharegap.plan.checker import Checker, Count, MethodName, Number, Options, Positive
from sharegap.plan.environment import EnvironmentOptions
from sharegap.results.schema import PublishedFacts


def _check_text(value: Any) -> Any:
    texts = value.values() if isinstance(value, dict) else [value]
    if value is None or all(isinstance(text, str) for text in texts):
        return value
    raise ValueError("must be a text, or one for each study")


def _check_factors(factors: list[float]) -> list[float]:
    if not factors or factors[0] != 1 or len(set(factors)) < len(factors):
        raise ValueError("must be different factors of the data set's own learning rate, 1 first")
    return factors


def _check_different(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise ValueError("must be different from each other")
    return values


def _check_run_option(override: str) -> str:
    name = override.lstrip("+~").partition("=")[0].partition(".")[0]
    if name in ELSEWHERE:
        raise ValueError(f"must be an option of a run, and {name} is one of the command")
    return override


def check_file_name(name: Any) -> Any:
    """Return the name of a suite, which names a folder too; raise ValueError with what it must be."""
    if isinstance(name, str) and name.lower() == "index.html":
        raise ValueError("must be another name: that is the page of all suites")
    if isinstance(name, str) and re.fullmatch(r"[^\W_][\w .+-]{0,63}", name):
        return name
    raise ValueError("must be at most 64 letters, digits or any of _.+-, none of these first, as it names a file")


ELSEWHERE = (*EnvironmentOptions.model_fields, "hydra")
"""What a suite's command says, once for all runs."""
RunOption = Annotated[str, AfterValidator(_check_run_option)]
FileName = Annotated[str, BeforeValidator(check_file_name)]
Text = Annotated[str | dict[str, str] | None, BeforeValidator(_check_text)]


class PublishedResult(Options):
    """What a paper reports of one method in one study.

    Args:
        test_score: the published test score.
        train_score: the published training score.
        tolerance: how far from these scores ours may be; by default the suite's.
        outperforms: the methods that it was published as better than.
        source: where it was published.
    """

    test_score: Number | None = None
    train_score: Number | None = None
    tolerance: Positive | None = None
    outperforms: list[MethodName] = Field(default=[])
    source: str | None = None


class Suite(Options):
    """A suite: studies, methods and seeds; see `conf/bench.yaml` for what each key means.

    A suite may hold keys of its own, for its other values to refer to.
    """

    name: FileName
    seeds: Count
    baseline: MethodName
    methods: Annotated[list[MethodName], Field(min_length=1), AfterValidator(_check_different)]
    studies: Annotated[dict[str, list[RunOption]], Field(min_length=1)]
    overrides: list[RunOption]
    trials: Count
    tuning_seeds: Count
    learning_rates: Annotated[list[Positive], AfterValidator(_check_factors)]
    sizes: Annotated[list[Count], Field(min_length=1), AfterValidator(_check_different)] | None
    exclude: dict[str, list[MethodName]]
    anchors: bool
    negative_controls: list[str]
    published: dict[str, dict[MethodName, PublishedResult]]
    tolerance: Positive | None
    deviations: Text

    def methods_of(self, series: str) -> list[str]:
        """The suite's methods without those that a series of studies excludes."""
        return [method for method in self.methods if method not in self.exclude.get(series, [])]

    def published_of(self, series: str) -> dict[str, PublishedFacts]:
        """By method, what is published of a series of studies; raises UserError for a score without a tolerance."""
        results: dict[str, PublishedFacts] = {}
        for method, published in self.published.get(series, {}).items():
            tolerance = published.tolerance or self.tolerance
            has_score = published.test_score is not None or published.train_score is not None
            if has_score and tolerance is None:
                raise UserError(
                    f"suite.published.{series}.{method} has a score and no tolerance: state an absolute one > 0, there "
                    "or as suite.tolerance"
                )
            facts = published.model_dump(exclude_none=True)
            if tolerance is not None:
                facts["tolerance"] = tolerance
            results[method] = cast(PublishedFacts, facts)
        return results

    def deviations_of(self, series: str) -> str | None:
        """What differs from the published setting in a series of studies."""
        return self.deviations.get(series) if isinstance(self.deviations, dict) else self.deviations


class _SuiteOptions(Options):
    suite: Suite


def read_suite(config: DictConfig) -> Suite:
    """Check a suite's config; raises UserError for the first value that it cannot have."""
    checker = Checker(OmegaConf.create({"suite": OmegaConf.to_container(config)}), {})
    options = {"suite": cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))}
    suite = checker.check(_SuiteOptions, options).suite
    _check_studies(checker, options["suite"])
    return suite


def _check_studies(checker: Checker, options: dict[str, Any]) -> None:
    """Each study of which something is said exists; the command line may leave out studies of the file."""
    for key in ("exclude", "negative_controls", "published", "deviations"):
        facts = options[key]
        for study in facts if isinstance(facts, dict | list) else ():
            if study not in options["studies"] and not checker.is_in_file(("suite", "studies", study)):
                sentence = f"suite.{key}: {unknown_name('study', study, options['studies'])}"
                is_list = isinstance(facts, list)
                place, value = (("suite", key), facts) if is_list else (("suite", key, study), facts[study])
                raise checker.fault(place, value, sentence)
