"""The answer of `sharegap choose`, in one paragraph."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sharegap.leaderboard.cells import Cell, format_cells, format_strength, join_names
from sharegap.leaderboard.claims import equal_controls, improvement
from sharegap.leaderboard.column import Column
from sharegap.leaderboard.report import Report
from sharegap.results.choice import Comparison, Decision
from sharegap.results.resampled import detectable_gain
from sharegap.results.statistics import SIGNIFICANCE

GAIN = Column("gain", "how much better one is than another", interval=True)
SCORE = Column("score", "a mean score")
MORE = 4
"""How many times the seeds, or the data, it is said what they would show."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Search:
    """How the choice was made.

    Args:
        ratio: validation samples of a run per training sample.
        cut: what was left out for lack of time, in words.
        left_out: why methods were not compared, in words.
        is_one_split: whether all runs have the same validation samples.
    """

    ratio: float
    cut: str
    left_out: list[str]
    is_one_split: bool


def explain_choice(study: Report, decision: Decision, search: Search) -> str:
    """Say which method to take, by how much it is better, and how sure that is.

    Args:
        study: the report of the one study.
        decision: on its validation scores.
        search: how it was made.
    """
    rows = {row["method"]: row for row in study.rows}
    network = rows[decision.network]
    take = {
        "method": _take_method,
        "baseline": _take_baseline,
        "linear": _take_linear,
        "nothing": _take_nothing,
    }
    sentences = [
        *take[decision.outcome](study, decision, network),
        *_describe_anchors(study, decision),
        *_describe_doubts(study, decision, network),
        *_describe_power(decision, study.rows[0]["seeds"], search.ratio),
    ]
    if search.is_one_split:
        sentences.append(
            "All runs have one validation part, the latest samples: p and intervals are about training again, and not "
            "about other data."
        )
    if search.cut:
        sentences.append(f"For lack of time, {search.cut}.")
    if search.left_out:
        sentences.append(f"Left out: {'; '.join(search.left_out)}.")
    return " ".join(sentences)


def describe_setting(row: Row) -> str:
    """Return a method with the setting that was chosen, e.g. "soft at strength 0.1 and learning rate 0.001"."""
    parts = []
    if row["strength"] is not None:
        parts.append(f"strength {format_strength(row['strength'])}")
    if row["second_strength"] is not None:
        parts.append(f"second strength {format_strength(row['second_strength'])}")
    parts.append(f"learning rate {format_strength(row['learning_rate'])}")
    return f"{row['method']} at {' and '.join(parts)}"


def _take_method(study: Report, decision: Decision, row: Row) -> Iterator[str]:
    yield f"Take {describe_setting(row)}."
    tested = f"On the test part, which chose nothing, its {_tested(study, row)}"
    if row["delta_test_score"] is None:
        yield f"{tested}; a run of {study.baseline} diverged."
        return
    cell = improvement(row)
    yield f"{tested}, {_versus(cell, row)} than that of {study.baseline}."
    if decision.gain:
        yield f"On validation samples it is {_margin(decision.gain)}, {_adjusted(decision)}."


def _take_baseline(study: Report, decision: Decision, row: Row) -> Iterator[str]:
    yield f"Nothing beats {study.baseline} for sure: take {describe_setting(row)}."
    yield f"On the test part, which chose nothing, its {_tested(study, row)}."
    if decision.gain:
        best = decision.gain
        margin = f"{_margin(best)} than {study.baseline}"
        yield f"The best other method, {best.method}, is {margin} on validation samples, {_adjusted(decision)}."
        if best.p_value <= SIGNIFICANCE and best.test.mean > 0:
            yield "That is no more than one validation sample, so it is no finding."


def _take_linear(study: Report, decision: Decision, row: Row) -> Iterator[str]:
    against = decision.anchors["linear"]
    yield "The linear model is as good: take it."
    yield (
        f"The best choice of a network, {describe_setting(row)}, is {_margin(against)} than it on validation "
        f"samples, p {_p_value(against)}."
    )
    score = _score(study.anchors.filter(anchor="linear")["test_score"][0])
    yield f"On the test part, which chose nothing, the linear model has {score}; the network's {_tested(study, row)}."


def _take_nothing(study: Report, decision: Decision, row: Row) -> Iterator[str]:
    against = decision.anchors["chance"]
    yield f"Nothing is learned from these inputs for sure: take {study.baseline}, or rather no network at all."
    yield (
        f"On validation samples the best choice of a network, {row['method']}, is {_margin(against)} than chance, p "
        f"{_p_value(against)}."
    )
    if row["method"] != study.baseline:
        yield f"The model that is left is {row['method']}, which came closest."


def _describe_anchors(study: Report, decision: Decision) -> Iterator[str]:
    scores = [f"{row['anchor']} {_score(row['test_score'])}" for row in study.anchors.to_dicts()]
    if scores:
        yield f"Without a network, the test scores are: {join_names(scores)}."
    neighbours = decision.anchors.get("neighbours")
    if neighbours and neighbours.test.high < 0:
        yield "Nearest neighbours are better than the network."


def _describe_doubts(study: Report, decision: Decision, row: Row) -> Iterator[str]:
    """Say what else may explain it, and whether a better setting may lie beyond."""
    if decision.outcome != "method":
        return
    controls = equal_controls(study, row["method"])
    if controls:
        noun, verb = ("control", "does") if len(controls) == 1 else ("controls", "do")
        yield f"The {noun} {join_names(controls)} {verb} as well, so it is not the sharing."
    if row["at_edge"]:
        yield "The strength is an end of what was tried: a better one may lie beyond."


def _describe_power(decision: Decision, seeds: int, ratio: float) -> Iterator[str]:
    """Say what gain the search could have seen, and what more seeds or data would show."""
    if decision.gain is None or not decision.gain.test.spread > 0:
        return
    spread, planned = decision.gain.test.spread, decision.compared
    now = detectable_gain(spread, seeds, ratio, planned)
    with_seeds = detectable_gain(spread, MORE * seeds, ratio, planned)
    # The spread of a mean over samples falls as the root of their number.
    with_data = now / MORE**0.5
    yield (
        f"The search would have seen a gain of {_score(now)} in four of five cases; with {MORE * seeds} seeds one of "
        f"{_score(with_seeds)}, with {MORE} times the data about {_score(with_data)}."
    )


def _tested(study: Report, row: Row) -> str:
    return f"{study.score_name} is {_score(row['test_score'])} over {row['seeds']} seeds"


def _versus(cell: Cell, row: Row) -> str:
    """Say by how much a method's test score is better or worse than the baseline's, positive being better."""
    is_worse = (row["delta_test_score"] < 0) == row["higher_is_better"] and row["delta_test_score"] != 0
    if is_worse:
        return f"worse ({cell.value} {cell.interval})"
    return f"better by {cell.value} {cell.interval}".rstrip()


def _margin(comparison: Comparison) -> str:
    """Say by how much one is better or worse on validation samples."""
    test = comparison.test
    word, mean, low, high = "better", test.mean, test.low, test.high
    if mean < 0:
        word, mean, low, high = "worse", -mean, -high, -low
    cell = format_cells(GAIN, [{"gain": mean, "gain_low": low, "gain_high": high}])[0]
    return f"{word} by {cell.value} {cell.interval}"


def _adjusted(decision: Decision) -> str:
    assert decision.gain
    count = f", adjusted for {decision.compared} methods" if decision.compared > 1 else ""
    return f"p {_p_value(decision.gain)}{count}"


def _p_value(comparison: Comparison) -> str:
    return "< 0.001" if comparison.p_value < 0.001 else f"{comparison.p_value:.2g}"


def _score(value: float | None) -> str:
    return format_cells(SCORE, [{"score": value}])[0].value
