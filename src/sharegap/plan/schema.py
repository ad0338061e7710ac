"""What a suite may say, checked before anything is composed."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, cast

from omegaconf import DictConfig, OmegaConf
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from sharegap.errors import UserError, unknown_name
from sharegap.plan.configs import choices
from sharegap.results.schema import PublishedFacts


def _count(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise ValueError("must be an integer >= 1")


def _positive(value: float) -> float:
    if 0 < value < math.inf:
        return value
    raise ValueError("must be a finite number > 0")


def _method(name: str) -> str:
    if name not in choices("method"):
        raise unknown_name("method", name, choices("method"))
    return name


Count = Annotated[int, BeforeValidator(_count)]
Positive = Annotated[float, AfterValidator(_positive)]
MethodName = Annotated[str, AfterValidator(_method)]


class PublishedResult(BaseModel):
    """What a paper reports of one method in one study.

    Args:
        test_score: the published test score.
        train_score: the published training score.
        tolerance: how far from these scores ours may be; by default the suite's.
        outperforms: the methods that it was published as better than.
        source: where it was published.
    """

    model_config = ConfigDict(extra="forbid")

    test_score: float | None = None
    train_score: float | None = None
    tolerance: Positive | None = None
    outperforms: list[MethodName] = []
    source: str | None = None


class Suite(BaseModel):
    """A suite: studies, methods and seeds; see `conf/bench.yaml` for what each key means.

    A suite may hold keys of its own, for its other values to refer to.
    """

    model_config = ConfigDict(extra="allow")

    name: str
    seeds: Count
    baseline: MethodName
    methods: list[MethodName]
    studies: dict[str, list[str]]
    overrides: list[str]
    learning_rates: list[Positive] | None
    sizes: list[Count] | None
    exclude: dict[str, list[MethodName]]
    published: dict[str, dict[MethodName, PublishedResult]]
    tolerance: Positive | None
    deviations: str | dict[str, str] | None

    @property
    def learning_rate_factors(self) -> list[float]:
        """The factors of the data set's own learning rate that every method tries."""
        factors = self.learning_rates
        if factors is None:
            return [1.0]
        if len(factors) < 2 or len(set(factors)) < len(factors) or 1.0 not in factors:
            raise UserError(
                "suite.learning_rates must be null, or two or more different factors > 0 of the data set's own "
                f"learning rate, one of them 1, got {factors}"
            )
        return factors

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


def read_suite(config: DictConfig) -> Suite:
    """Checks a suite's config; raises UserError for the first value that it cannot have."""
    try:
        return Suite.model_validate(OmegaConf.to_container(config, resolve=True))
    except ValidationError as error:
        raise _explain(error.errors()[0]) from None


def _explain(error: Mapping[str, Any]) -> UserError:
    option = ".".join(["suite", *(str(part) for part in error["loc"])])
    if error["type"] == "extra_forbidden":
        parent, _, entry = option.rpartition(".")
        return unknown_name(f"entry of {parent}", entry, PublishedResult.model_fields)
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, UserError):
        return UserError(f"{option}: {cause}")
    condition = str(cause) if cause else error["msg"].replace("Input should", "must")
    return UserError(f"{option} {condition}, got {error['input']!r}")
