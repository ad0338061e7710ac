"""Tables in the terminal: what is too wide for the screen folds between words, never inside a word or a number."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from sharegap.errors import printable

SPACE = re.compile(r"\s+")
# After marks before a letter only: 0.5, 4,000 and 1e+05 are numbers.
PART_END = re.compile(r"\s+|(?<==)|(?<=[.,+])(?=[^\W\d_])")
SYLLABLE_END = re.compile(r"\s+|(?<==)|(?<=[_.,+])(?=[^\W\d_])")
FOLDS = (SPACE, PART_END, SYLLABLE_END)
"""Where a text folds that is wider than the screen allows, the first choice first."""


@dataclass(frozen=True)
class TextColumn:
    """One column of a printed table.

    Args:
        heading: folds to the width of the cells.
        cells: one per row; line breaks in them stay.
        justify: the heading, and the cells.
        justify_cells: the cells, where they differ from the heading.
        folds: whether a cell may fold, which numbers may not.
    """

    heading: str
    cells: Sequence[Text]
    justify: JustifyMethod = "left"
    justify_cells: JustifyMethod | None = None
    folds: bool = True

    @property
    def width(self) -> int:
        """The width at which no cell folds, and no word of the heading."""
        return max(_longest(self.heading, SPACE), *_line_widths(self.cells), 1)

    @property
    def width_of_cells(self) -> int:
        """The width at which no cell folds, however often the heading does."""
        return self.narrowest(SYLLABLE_END, cells_fold=False)

    def narrowest(self, fold: re.Pattern[str], cells_fold: bool = True) -> int:
        """Return the width of its longest piece, where heading and cells fold at `fold`."""
        if not (self.folds and cells_fold):
            return max(_longest(self.heading, fold), *_line_widths(self.cells), 1)
        return max(1, *(_longest(text, fold) for text in (self.heading, *map(str, self.cells))))


def as_text(text: str, **options: Any) -> Text:
    """Return Rich's Text of a name or a sentence: no markup is read, and nothing in it commands the terminal.

    Args:
        text: its line breaks stay.
        options: of Rich's Text, such as its style.
    """
    return Text("\n".join(map(printable, text.split("\n"))), **options)


def print_table(columns: Sequence[TextColumn], console: Console) -> None:
    """Print a table that fits the screen; columns that do not fit beside the others follow below them.

    Args:
        columns: the first one names the rows, and is repeated where others follow below.
        console: where it is printed.
    """
    for block in _blocks(columns, console.width):
        widths = fit_widths(block, console.width)
        # Its own width: Rich would fold inside words on a screen that is narrower than the longest of them.
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0, width=total_width(widths))
        cells = []
        for column, width in zip(block, widths, strict=True):
            heading = _fold(as_text(column.heading, justify=column.justify), width)
            table.add_column(heading, justify=column.justify_cells or column.justify, width=width, no_wrap=True)
            cells.append([_fold(cell, width) for cell in column.cells])
        for row in zip(*cells, strict=True):
            table.add_row(*row)
        console.print(table, crop=False)


def total_width(widths: Iterable[int]) -> int:
    """Return how much of the screen columns of these widths take."""
    widths = list(widths)
    return sum(widths) + len(widths) - 1


def fit_widths(columns: Sequence[TextColumn], width: int) -> list[int]:
    """Return the columns' widths, folded as far as the screen's `width` asks for: between words before inside names.

    Rich's own widths would fold inside words: they shrink the widest column first, below its longest word.
    """
    widths = [column.width for column in columns]
    for fold in FOLDS:
        for i in sorted(range(len(columns)), key=widths.__getitem__, reverse=True):
            excess = total_width(widths) - width
            if excess > 0:
                widths[i] = max(min(widths[i], columns[i].narrowest(fold)), widths[i] - excess)
    return widths


def _blocks(columns: Sequence[TextColumn], width: int) -> list[list[TextColumn]]:
    """Divide the columns into those that fit side by side; where one table will not do, no name is folded for it."""
    if total_width(fit_widths(columns, width)) <= width:
        return [list(columns)]
    first, *others = columns
    blocks = [[first]]
    for column in others:
        candidate = [*blocks[-1], column]
        if len(candidate) > 2 and total_width(other.narrowest(SPACE) for other in candidate) > width:
            blocks.append([first])
        blocks[-1].append(column)
    return blocks


def _line_widths(cells: Sequence[Text]) -> list[int]:
    return [cell_len(line) for cell in cells for line in cell.plain.split("\n")]


def _longest(text: str, fold: re.Pattern[str]) -> int:
    return max(cell_len(piece) for piece in fold.split(text))


def _fold(text: Text, width: int) -> Text:
    """Return the text with a line break wherever a line would be wider than `width`."""
    lines = []
    for line in text.split("\n", allow_blank=True):
        *folded, last = line.divide(_breaks(line.plain, width))
        for part in folded:
            part.rstrip()
        lines += [*folded, last]
    joined = Text("\n").join(lines)
    joined.justify = text.justify
    return joined


def _breaks(line: str, width: int) -> list[int]:
    """Where a line folds."""
    breaks, start, end = [], 0, 0
    for piece in _pieces(line, width, FOLDS):
        if end > start and cell_len(line[start : end + len(piece)].rstrip()) > width:
            breaks.append(end)
            start = end
        end += len(piece)
    return breaks


def _pieces(line: str, width: int, folds: Sequence[re.Pattern[str]]) -> Iterator[str]:
    """Divide a line where it may fold: the pieces that are wider than `width` by the next of `folds`, too."""
    start = 0
    for end in [*(match.end() for match in folds[0].finditer(line)), len(line)]:
        piece = line[start:end]
        is_wide = len(folds) > 1 and cell_len(piece.strip()) > width
        yield from _pieces(piece, width, folds[1:]) if is_wide else [piece]
        start = end
