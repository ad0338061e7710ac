"""Does a regularizer still help with shared weights? A heat map of the suite, and a table per study."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sharegap.leaderboard.cells import format_cells
from sharegap.leaderboard.column import Column
from sharegap.leaderboard.figures import Tile, draw_interaction_heatmap
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.methods import count_noun
from sharegap.leaderboard.sections.section import Picture, Section, Table
from sharegap.results.interactions import list_combinations
from sharegap.results.statistics import min_seeds_for_significance

TITLE = "Interactions"
WITHOUT_SHARING = Column(
    "effect_alone",
    "test score of the regularizer − the baseline; positive is better",
    heading="without sharing",
    kind="difference",
    interval=True,
    test="effect_alone_",
    show="page",
)
WITH_SHARING = Column(
    "effect_shared",
    "test score of sharing with the regularizer − sharing; positive is better",
    heading="with sharing",
    kind="difference",
    interval=True,
    test="effect_shared_",
    show="page",
)
INTERACTION = Column(
    "interaction",
    "below 0 where the regularizer helps less with sharing",
    heading="with − without",
    kind="difference",
    interval=True,
    test="interaction_",
    show="page",
)
COLUMNS = (
    Column("method", "sharing and regularizer", kind="text", show="page"),
    Column("pairs", "seeds of all four methods", heading="seeds", kind="count", show="page"),
    WITHOUT_SHARING,
    WITH_SHARING,
    INTERACTION,
)
QUESTION = (
    "Does a regularizer still help with shared weights? The table of each study has the intervals and tests whether "
    "the two effects differ."
)
CAPTION = (
    "The effect of a regularizer (row) on the test score, without sharing (on {baseline}) and with it; positive is "
    "better. Where the right of two neighbours is paler or of the other color, the regularizer helps less with "
    "sharing. ▲ ▼: marked as in the tables of the studies. Colors are relative to the error of {baseline}, so that "
    "studies with different scores are comparable."
)
NOTE = (
    "Differences of the test scores, paired by seed; positive is better. Only the "
    "last column tells whether a regularizer helps more (▲) or less (▼) with sharing: if one effect excludes 0 and the "
    "other does not, this is no difference between them. p is Holm-adjusted for the planned rows."
)


def interaction_map_section(report: Report) -> Section:
    """Make the heat map of the studies that have a combined method, its two parts and the baseline."""
    figure = draw_interaction_heatmap(list(_make_tiles(report)), report.baseline)
    picture = Picture(
        "Effect of a regularizer without and with sharing", CAPTION.format(baseline=report.baseline), figure
    )
    return Section(TITLE, notes=[QUESTION], pictures=[picture], collapsed=True)


def interactions_section(study: Report) -> Section:
    """Make a table with one row per method that combines sharing with a regularizer."""
    rows = _signed_rows(study)
    notes = [NOTE]
    if rows:
        planned = len(list_combinations(study.plan["method"], study.facts))
        seeds = min_seeds_for_significance(planned)
        if max(study.interactions["pairs"]) < seeds:
            notes.append(f"No p-values: significance in {count_noun(planned, 'row')} takes {seeds} seeds.")
    return Section(TITLE, [Table(COLUMNS, rows)], notes)


def _signed_rows(study: Report) -> Sequence[Mapping[str, Any]]:
    """The study's interactions. Their effects are positive where the method is better, whatever the score."""
    return study.interactions.with_columns(higher_is_better=True).to_dicts()


def _make_tiles(report: Report) -> Iterator[Tile]:
    """Both effects of each row, study by study."""
    for study in report.studies:
        rows = _signed_rows(study)
        for column in (WITHOUT_SHARING, WITH_SHARING):
            # All cells of a study are formatted with the same decimals.
            for row, cell in zip(rows, format_cells(column, rows), strict=True):
                sharing, regularizer = row["sharing"], row["regularizer"]
                base_method = report.baseline if column is WITHOUT_SHARING else sharing
                effect = row[column.name]
                if effect is not None and row["none_error"]:
                    text = f"{cell.value} {cell.mark}".strip()
                    relative_effect = effect / row["none_error"]
                    yield Tile(regularizer, study.study_name, base_method, relative_effect, text, bool(cell.mark))
