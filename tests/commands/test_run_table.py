"""A single run in the terminal."""

import io
import json
import math

import pytest
from rich.console import Console

from sharegap.commands.run_table import show
from tests.results.conftest import row

CONFIG = {
    "dataset": {"name": "mnist1d"},
    "model": {"name": "local1d", "match_width": True, "ensemble_size": 3},
    "sharing": {"name": "soft", "strength": 0.1},
    "regularizer": {},
    "seed": 3,
}


def rows_of(**figures):
    """The printed rows: name -> the figures at each snapshot."""
    screen = io.StringIO()
    show(row("1", config=json.dumps(CONFIG), **figures), Console(file=screen, width=90))
    lines = [line.strip("│").split("│") for line in screen.getvalue().splitlines() if line.startswith("│")]
    return {name.strip(): [figure.strip() for figure in rest] for name, *rest in lines}


@pytest.mark.parametrize(("name", "higher", "gap"), [("accuracy", True, "0.250"), ("perplexity", False, "-0.250")])
def test_gap_is_positive_where_train_is_better(name, higher, gap):
    rows = rows_of(score_name=name, higher_is_better=higher, final_train_score=0.75, final_train_loss=0.75)
    assert rows[f"gap in {name}"] == [gap, "0.000", "0.000"]
    assert rows["gap in loss"][0] == "0.250"


def test_similarity_of_copies_and_extra_metrics():
    extra_metrics = [
        {"snapshot": snapshot, "split": split, "metric": "ROC AUC", "value": value}
        for snapshot, split, value in [("final", "test", 0.9), ("final", "train", 0.95), ("best_val", "test", math.nan)]
    ]
    rows = rows_of(extra_metrics=extra_metrics, final_cka=0.7, best_val_cka=None, loss_matched_cka=math.nan)
    assert rows["similarity of copies (CKA)"] == ["0.700", "—", "—"]
    assert rows["test ROC AUC"] == ["0.900", "—", "—"]
    assert rows["train ROC AUC"] == ["0.950", "—", "—"]


def test_title_says_what_was_changed():
    screen = io.StringIO()
    show(row("1", config=json.dumps(CONFIG)), Console(file=screen, width=90))
    first, *_ = screen.getvalue().splitlines()
    assert first == "mnist1d local1d: soft 0.1 + narrow + ensemble of 3, seed 3 (run 1)"
