"""Raw and parameter-matched: is it the structure, or are fewer parameters enough?"""

from typing import Any

from sharegap.leaderboard.columns import METHOD, Column
from sharegap.leaderboard.sections.section import Grid, Section
from sharegap.leaderboard.studies import Study
from sharegap.results.paired import BASELINE, COMPARISON

TITLE = "Raw and parameter-matched"
CONTROL = "narrow"
NEAR = 0.25
"""How far from the control's parameters a method's may be: widths are whole numbers (docs/statistics.md)."""
READING = (
    f"Differences of the test scores, paired by seed. Against {BASELINE}: what a method does together with having "
    f"fewer parameters. Against {CONTROL}, the unshared network with about as many parameters: what is left of that, "
    f"its structure. The row of {CONTROL} is what fewer parameters do alone."
)


def raw_and_matched(study: Study) -> Section:
    """The methods with fewer unique parameters than none, about as many as narrow, against both; narrow itself last."""
    parameters = {row["method"]: row["unique_parameters"] for row in study.rows}
    if not {BASELINE, CONTROL} <= set(parameters):
        return Section(TITLE)
    full, few = parameters[BASELINE], parameters[CONTROL]
    near = [method for method, own in parameters.items() if own < full and abs(own - few) <= NEAR * few]
    methods = [method for method in near if method != CONTROL]
    if not methods:
        return Section(TITLE)
    found = {(row["method"], row["baseline"]): row for row in study.paired_comparisons.to_dicts()}
    rows = []
    for method in [*methods, CONTROL]:
        row: dict[str, Any] = {"method": method, "unique_parameters": parameters[method]}
        row["higher_is_better"] = study.higher_is_better
        for baseline in (BASELINE, CONTROL):
            own = found.get((method, baseline), dict.fromkeys(COMPARISON))
            row |= {f"{name} {baseline}": own[name] for name in COMPARISON}
        rows.append(row)
    return Section(TITLE, [Grid(_columns({BASELINE: full, CONTROL: few}), rows)], [READING])


def _columns(baselines: dict[str, int]) -> list[Column]:
    """Of `baselines` with their unique parameters."""
    counted = "each counted once, however often used"
    return [
        METHOD,
        Column("unique_parameters", "unique parameters", "count", counted, place="page"),
        *(
            Column(
                f"delta_test_score {baseline}",
                f"against {baseline} ({parameters:,} parameters)",
                "difference",
                f"difference of the test scores to {baseline}, paired by seed",
                bounds=(f"delta_low {baseline}", f"delta_high {baseline}"),
                p=f"p_adjusted {baseline}",
                place="page",
            )
            for baseline, parameters in baselines.items()
        ),
    ]
