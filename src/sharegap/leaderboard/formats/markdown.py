"""The leaderboard in markdown."""

from collections.abc import Sequence

from sharegap.leaderboard.cells import MISSING, Cell
from sharegap.leaderboard.columns import MARKS, P_VALUES
from sharegap.leaderboard.formats.matrix import Matrix, make_matrix
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.registry import study_sections
from sharegap.leaderboard.sections.section import Section, Table

NOTE = (
    f"Brackets: 95 % interval over seeds. {MARKS}. {P_VALUES}. "
    "A small gap may also mean an underfit network: rows are ordered by test score."
)


def render_markdown(report: Report, sections: Sequence[Section]) -> str:
    """Render the `sections` of a suite, then those of its studies, the table of methods first."""
    parts = [f"# sharegap leaderboard: {_escape(report.suite_name)}"]
    if report.progress:
        parts.append(report.progress)
    parts.append(_render_matrix(make_matrix(report)))
    for section in sections:
        parts += _render_section(section, "##")
    for study in report.studies:
        methods, *details = study_sections(study)
        parts += _render_section(methods, "##")
        for section in details:
            parts += _render_section(section, "###")
    parts.append(NOTE)
    return "\n\n".join(parts) + "\n"


def _render_matrix(matrix: Matrix) -> str:
    headings, rules, lines = [], [], []
    for heading in matrix.headings:
        headings.append(_escape(f"{heading.name} ({heading.unit})" if heading.unit else heading.name))
        rules.append("---" if heading.key == "method" else "---:")
    for row in matrix.rows:
        cells = [_render_cell(cell) for cell in row.ranks]
        for cell in row.cells:
            cells.append(_escape(cell.text) if cell else MISSING)
        lines.append([_escape(row.method), *cells])
    return _join_table([headings, rules, *lines])


def _render_section(section: Section, level: str) -> list[str]:
    parts = [f"{level} {_escape(section.title)}"]
    for sentence in section.intro:
        parts.append(_escape(sentence))
    for table in section.tables:
        if table.rows and table.title:
            parts.append(f"**{_escape(table.title)}**")
        if table.rows:
            parts.append(_render_table(table))
    for note in section.notes:
        parts.append(_escape(note))
    return parts


def _render_table(table: Table) -> str:
    columns, cells = table.format("page")
    headings, rules = [], []
    for column in columns:
        headings.append(_escape(f"{column.group}, {column.heading}" if column.group else column.heading))
        rules.append("---" if column.kind == "text" else "---:")
    lines = [headings, rules]
    for row in zip(*cells, strict=True):
        lines.append([_render_cell(cell) for cell in row])
    return _join_table(lines)


def _join_table(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _render_cell(cell: Cell) -> str:
    p_value = f"p {cell.p_value}" if cell.p_value else ""
    return _escape(f"{cell.value} {cell.interval} {cell.mark} {p_value}")


def _escape(text: str) -> str:
    """Escape what would end a cell, open a tag, link or emphasize, and join whitespace."""
    for character in "\\`*_<|":
        text = text.replace(character, f"\\{character}")
    # An interval in brackets is no link.
    text = text.replace("](", "]\\(")
    return " ".join(text.split())
