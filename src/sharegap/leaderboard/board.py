"""The leaderboard as a whole: a further section is a module and a line in ACROSS or WITHIN."""

from dataclasses import dataclass

from sharegap.leaderboard.across import across_studies
from sharegap.leaderboard.further import further_figures
from sharegap.leaderboard.interactions import interactions_across, interactions_within
from sharegap.leaderboard.parameters import raw_and_matched
from sharegap.leaderboard.published import published_figures
from sharegap.leaderboard.sample_efficiency import samples_worth
from sharegap.leaderboard.section import Section
from sharegap.leaderboard.snapshots import snapshots
from sharegap.leaderboard.studies import Study
from sharegap.leaderboard.tables import Tables

ACROSS = (samples_worth, across_studies, interactions_across, published_figures)
"""Sections of the whole suite, from its Tables, in the order in which they are shown, before the studies."""
WITHIN = (snapshots, raw_and_matched, interactions_within, further_figures)
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
