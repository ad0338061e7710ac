"""Tables on screens that are too narrow for them."""

import io
import re

import pytest
from rich.console import Console
from rich.text import Text

from sharegap.tables import TextColumn, print_table


def lines_of(table, width):
    """The printed lines; `table` has the cells by heading."""
    screen = io.StringIO()
    columns = []
    for heading, cells in table.items():
        is_number = cells[0][0].isdigit()
        texts = [Text(cell) for cell in cells]
        columns.append(TextColumn(heading, texts, justify="right" if is_number else "left", folds=not is_number))
    print_table(columns, Console(file=screen, width=width))
    return screen.getvalue().splitlines()


NARROW = {"method": ["hard", "soft"], "test score": ["0.901", "0.85"]}
SENTENCES = {"method": ["early_stopping"], "sign": ["yes, but the interval includes 0"], "parameters saved": ["43,210"]}
MANY = {f"figure number{i}": [f"{i}.123456789"] for i in range(10)}


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("table", [NARROW, SENTENCES, {"method": ["early_stopping"]} | MANY])
def test_words_are_never_broken(table, width):
    lines = lines_of(table, width)
    assert max(map(len, lines)) <= width
    words = " ".join(lines).split()
    for heading, cells in table.items():
        for text in (heading, *cells):
            assert set(text.split()) <= set(words)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("hard+augmentation+dropout", ["hard+", "augmentation+", "dropout"]),
        ("regularizer.dropout.strength", ["regularizer.", "dropout.", "strength"]),
        ("dataset.n_train=123456", ["dataset.", "n_train=", "123456"]),
        ("a_very_long_dataset", ["a_very_long_", "dataset"]),
    ],
)
def test_long_names_fold_between_parts(name, parts):
    """What is too wide even so keeps its words: they fold at marks, the dots before the underscores."""
    lines = lines_of({"": [name], "score": ["0.123456"]}, width=22)
    assert [line.split()[0] for line in lines[2:]] == parts


def test_numbers_never_fold():
    cells = ["4,000,000.25", "1e+05", "0.000001"]
    assert re.findall(r"\S*\d\S*", " ".join(lines_of({"": ["a.b"] * 3, "n": cells}, width=8))) == cells


def test_further_columns_follow_below():
    lines = lines_of(
        {"method": ["early_stopping", "hard"]} | {name: 2 * cells for name, cells in MANY.items()}, width=40
    )
    assert sum(line.startswith("early_stopping ") for line in lines) == 5
    assert sum(line.startswith("hard ") for line in lines) == 5


def test_line_breaks_and_styles_stay():
    cell = Text("0.9 ▲", style="bold")
    cell.append("\n±0.1", style="dim")
    screen = io.StringIO()
    print_table([TextColumn("difference", [cell], folds=False)], Console(file=screen, width=20, force_terminal=True))
    assert [line.strip() for line in Text.from_ansi(screen.getvalue()).plain.splitlines()[2:]] == ["0.9 ▲", "±0.1"]
    assert "\x1b[1m0.9 ▲" in screen.getvalue()
