"""The sections in the order in which they are shown. A new section is a module and a line here."""

from collections.abc import Callable, Iterable

from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.aggregate import aggregate_section
from sharegap.leaderboard.sections.changes import changes_section
from sharegap.leaderboard.sections.controls import advantage_section
from sharegap.leaderboard.sections.decomposition import decomposition_section
from sharegap.leaderboard.sections.differences import size_control_section
from sharegap.leaderboard.sections.extra_metrics import extra_metrics_section
from sharegap.leaderboard.sections.interactions import interaction_map_section, interactions_section
from sharegap.leaderboard.sections.learning_curves import sample_efficiency_section
from sharegap.leaderboard.sections.methods import methods_section
from sharegap.leaderboard.sections.provenance import provenance_section
from sharegap.leaderboard.sections.replication import replication_section
from sharegap.leaderboard.sections.section import Section
from sharegap.leaderboard.sections.snapshots import snapshots_section

SUITE_SECTIONS = (
    changes_section,
    sample_efficiency_section,
    aggregate_section,
    interaction_map_section,
    replication_section,
    provenance_section,
)
"""Sections of the suite: they take its report, and come before the studies."""
STUDY_SECTIONS = (
    methods_section,
    decomposition_section,
    snapshots_section,
    advantage_section,
    size_control_section,
    interactions_section,
    extra_metrics_section,
)
"""Sections of each study: they take the study's report."""


def suite_sections(report: Report) -> list[Section]:
    """Return the sections of a suite that have something to show."""
    return _make_sections(SUITE_SECTIONS, report)


def study_sections(study: Report) -> list[Section]:
    """Return the sections of a study that have something to show. The first is the table of its methods."""
    return _make_sections(STUDY_SECTIONS, study)


def _make_sections(makers: Iterable[Callable[[Report], Section]], report: Report) -> list[Section]:
    sections = []
    for make_section in makers:
        section = make_section(report)
        if section:
            sections.append(section)
    return sections
