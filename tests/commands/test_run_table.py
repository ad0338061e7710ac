"""A single run in the terminal."""

import io
import json
import math
import re

import pytest
from rich.console import Console

from sharegap.commands.run_table import show
from tests.results.conftest import row

CONFIG = {
    "dataset": {"name": "mnist1d"},
    "model": {"name": "local1d", "match_width": "narrow", "ensemble_size": 3},
    "sharing": {"name": "soft", "strength": 0.1},
    "regularizer": {},
    "seed": 3,
}


def text_of(config=CONFIG, width=90, is_stored=False, **figures):
    screen = io.StringIO()
    console = Console(file=screen, width=width)
    show(row("1", config=json.dumps(config), **figures), console, is_stored=is_stored)
    return screen.getvalue()


def rows_of(**figures):
    """The printed rows: name -> the figures at each snapshot."""
    rows = re.findall(r"^(\S.*?) +(\S+) +(\S+)$", text_of(**figures).split("──\n")[1], re.MULTILINE)
    return {name: figures for name, *figures in rows}


@pytest.mark.parametrize(("name", "higher", "gap"), [("accuracy", True, "0.250"), ("perplexity", False, "-0.250")])
def test_gap_is_positive_where_train_is_better(name, higher, gap):
    rows = rows_of(score_name=name, higher_is_better=higher, final_train_score=0.75, final_train_loss=0.75)
    assert rows[f"gap in {name}"] == [gap, "0.000"]
    assert rows["gap in loss"][0] == "0.250"


def test_similarity_of_copies_and_extra_metrics():
    extra_metrics = [
        {"snapshot": snapshot, "split": split, "metric": "ROC AUC", "value": value}
        for snapshot, split, value in [("final", "test", 0.9), ("final", "train", 0.95), ("best_val", "test", math.nan)]
    ]
    rows = rows_of(extra_metrics=extra_metrics, final_cka=0.7, best_val_cka=math.nan)
    assert rows["similarity of copies (CKA)"] == ["0.700", "—"]
    assert rows["test ROC AUC"] == ["0.900", "—"]
    assert rows["train ROC AUC"] == ["0.950", "—"]


def test_title_says_what_was_changed():
    first, *_ = text_of().splitlines()
    assert first == "mnist1d local1d: soft 0.1 + narrow + ensemble of 3, seed 3 (run 1)"


def test_a_stored_run_says_so():
    assert text_of(is_stored=True).splitlines()[1] == "stored, not trained again"
    assert "stored" not in text_of()


def test_diverged_run_has_no_score():
    """The argmax of NaN outputs is a class like any other."""
    rows = rows_of(diverged=True, final_test_loss=math.nan, final_train_loss=math.nan)
    assert rows["test accuracy"] == ["—", "0.500"]
    assert rows["gap in accuracy"] == ["—", "0.000"]
    assert "DIVERGED" in text_of(diverged=True)


@pytest.mark.parametrize("width", [60, 80])
def test_no_word_is_broken(width):
    config = CONFIG | {"dataset": {"name": "my_very_long_dataset_name_that_one_line_holds"}}
    extra_metrics = [{"snapshot": "final", "split": "test", "metric": "mean_absolute_percentage_error", "value": 0.5}]
    text = text_of(config, width, extra_metrics=extra_metrics)
    assert max(map(len, text.splitlines())) <= width
    names = {
        "my_very_long_dataset_name_that_one_line_holds",
        "mean_absolute_percentage_error",
        "best_val",
        "similarity",
    }
    assert names <= set(text.split())


def test_size_of_the_test_part_is_said():
    text = " ".join(text_of(final_test_samples=1200).split())
    assert ", 1,200 test samples" in text
    assert "samples" not in text_of()
