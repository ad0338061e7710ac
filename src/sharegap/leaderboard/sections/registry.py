"""The leaderboard as a whole: a further section is a module and a line in ACROSS or WITHIN."""

from dataclasses import dataclass

from sharegap.leaderboard.report import Tables
from sharegap.leaderboard.sections.aggregate import across_studies
from sharegap.leaderboard.sections.differences import raw_and_matched
from sharegap.leaderboard.sections.extra_metrics import extra_metrics_table
from sharegap.leaderboard.sections.interactions import interactions_across, interactions_within
from sharegap.leaderboard.sections.learning_curves import samples_worth
from sharegap.leaderboard.sections.replication import published_figures
from sharegap.leaderboard.sections.section import Section
from sharegap.leaderboard.sections.snapshots import snapshots
from sharegap.leaderboard.studies import Study

ACROSS = (samples_worth, across_studies, interactions_across, published_figures)
"""Sections of the whole suite, from its Tables, in the order in which they are shown, before the studies."""
WITHIN = (snapshots, raw_and_matched, interactions_within, extra_metrics_table)
"""Sections of each study, below its table."""


@dataclass(frozen=True)
class Board:
    """What page, markdown, terminal and files show."""

    tables: Tables
    sections: list[Section]
    studies: list[tuple[Study, list[Section]]]


def board(tables: Tables) -> Board:
    """The leaderboard of a suite with at least one finished run."""
    return Board(
        tables,
        [section(tables) for section in ACROSS],
        [(study, [section(study) for section in WITHIN]) for study in tables.studies()],
    )
