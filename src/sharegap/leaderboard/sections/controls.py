"""What else than sharing may explain an effect: the start, the number of parameters, the structure."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from sharegap.leaderboard.column import Column
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Section, Table

COLUMNS = (
    Column("part", "what the difference is the effect of", kind="text", show="page"),
    Column("difference", "the two methods that are compared", kind="text", show="page"),
    Column(
        "delta_test_score",
        "difference of their test scores, paired by seed",
        heading="test score",
        kind="difference",
        interval="delta",
        test="",
        show="page",
    ),
)
NOTE = (
    "The steps add up, paired by seed. start: copies that start equal, and are not shared. size: as few parameters, in "
    "the wrong structure. structure: the right one."
)


def advantage_section(study: Report) -> Section:
    """Split the difference of the shared network to the baseline into steps, each from one control to the next.

    A step whose control the study lacks is part of the next one. Without any control there is no table.
    """
    controls, shared = study.roles.controls, str(study.roles.shared)
    methods, title = set(study.leaderboard["method"]), f"Where {shared}'s advantage comes from"
    if not {study.baseline, shared} <= methods:
        return Section(title)
    steps = {"start": controls.get("start"), "size": controls.get("structure"), "structure": shared}
    rows, effects, previous = [], [], study.baseline
    for effect, method in steps.items():
        effects.append(effect)
        if method in methods:
            rows.append(_compare(study, " and ".join(effects), str(method), previous))
            effects, previous = [], str(method)
    if len(rows) < 2:
        return Section(title)
    rows.append(_compare(study, "all", shared, study.baseline))
    narrow = controls.get("parameters")
    if narrow in methods:
        rows.append(_compare(study, "as few parameters in a narrower network", str(narrow), study.baseline))
    return Section(title, [Table(COLUMNS, rows)], [NOTE])


def rival_controls(study: Report) -> dict[str, list[str]]:
    """Return by control the methods that share and are marked better than the baseline, but not than this control."""
    controls = study.roles.controls.values()
    claimed = study.roles.sharing & _marked_better(study, study.baseline) - set(controls)
    rivals = {}
    for control in controls:
        compared = study.paired_comparisons.filter(pl.col("delta_test_score").is_not_null(), baseline=control)
        equal = claimed & set(compared["method"]) - _marked_better(study, control)
        if equal:
            rivals[control] = [method for method in study.leaderboard["method"] if method in equal]
    return rivals


def explain_rivals(study: Report) -> Iterator[str]:
    """Say which methods that share have no advantage over a control."""
    for control, methods in rival_controls(study).items():
        names = ", ".join(methods)
        yield f"The control {control} does as well: better than {study.baseline}, but not than {control}: {names}."


def _marked_better(study: Report, baseline: str) -> set[str]:
    better = pl.col("delta_test_score") > 0 if study.higher_is_better else pl.col("delta_test_score") < 0
    return set(study.paired_comparisons.filter(better, baseline=baseline, marked=True)["method"])


def _compare(study: Report, part: str, method: str, baseline: str) -> dict[str, Any]:
    (comparison,) = study.paired_comparisons.filter(method=method, baseline=baseline).to_dicts()
    labels = {"part": part, "difference": f"{method} − {baseline}", "higher_is_better": study.higher_is_better}
    return comparison | labels
