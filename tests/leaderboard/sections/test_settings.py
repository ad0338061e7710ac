"""Runs without a suite in the terminal."""

import io
import json
import math

import polars as pl
import pytest
from rich.console import Console

from sharegap.leaderboard import show_settings
from sharegap.leaderboard.sections.settings import format_option
from sharegap.results import RUNS
from tests.results.conftest import row

LONG = {
    "dataset": {"name": "my_very_long_dataset_name", "n_train": 300, "augmentation": {"shift": 2, "rotation": 1}},
    "model": {"name": "locally_connected", "ensemble_size": 1},
    "sharing": {"name": "soft", "strength": 0.1},
    "regularizer": {"dropout": {"strength": 0.1}, "l2": {"strength": 0.1}},
    "optimizer": {"name": "adam", "lr": 0.01},
}


def text_of(cases, width=80):
    """What is printed of runs from (config, figures in wide form)."""
    rows = [row(str(i), config=json.dumps(config), **figures) for i, (config, figures) in enumerate(cases)]
    screen = io.StringIO()
    show_settings(pl.DataFrame(rows, schema=RUNS), Console(file=screen, width=width))
    return screen.getvalue()


def soft(strength, seed=0, **sections):
    config = {"dataset": {"name": "mnist1d", "n_train": 300}, "model": {"name": "local1d"}, "seed": seed}
    return config | {"sharing": {"name": "soft", "strength": strength}} | sections


def test_one_row_per_setting():
    cases = []
    for strength in (0.1, 1.0):
        for seed in range(3):
            cases.append((soft(strength, seed), {"final_validation_score": 0.6 + 0.1 * strength + 0.001 * seed}))
    lines = text_of(cases).splitlines()
    assert lines[0] == "2 settings, 6 runs"
    common = "dataset mnist1d, model local1d, n_train 300, score is accuracy (higher is better)"
    assert f"{lines[1]}{lines[2]}" == common
    table = [line.split() for line in lines if line.startswith(("0.1 ", "1 "))]
    assert table[0][:4] == ["0.1", "3", "0.611", "±0.002"]
    assert table[1][:5] == ["1", "3", "0.701", "±0.002", "best"]
    assert "by mean validation score" in " ".join(lines)


def test_only_seeds_vary():
    text = text_of([(soft(0.1, seed), {}) for seed in range(3)])
    assert text.startswith("1 setting, 3 runs")
    assert "best" not in text
    assert "sharing" not in text


def test_scores_have_tables_of_their_own():
    other = {"dataset": {"name": "markov_text", "n_train": 9}}
    text = text_of([(soft(0.1), {}), (soft(0.1, **other), {"score_name": "perplexity", "higher_is_better": False})])
    assert text.count("1 setting, 1 run") == 2
    words = " ".join(text.split())
    assert "dataset markov_text, model local1d, n_train 9, score is perplexity (lower is better)" in words
    assert "dataset mnist1d, model local1d, n_train 300, score is accuracy (higher is better)" in words


def test_diverged_runs_are_shown():
    diverged = {"diverged": True, "final_test_loss": math.nan, "final_validation_loss": math.nan}
    text = text_of([(soft(0.1), {}), (soft(1.0), diverged), (soft(1.0, 1), {})])
    assert "1 of 2" in text
    assert "nan" not in text
    assert "cannot be the best" in " ".join(text.split())
    assert "One seed alone has no interval" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_word_is_broken(width):
    """Settings that do not fit in columns are written as their options."""
    cases = []
    for section, options in LONG.items():
        for name, value in options.items():
            other = f"another_{value}" if isinstance(value, str) else {"x": 7}
            changed = LONG | {section: options | {name: value if isinstance(value, dict) else other}}
            cases += [(changed | {"seed": seed}, {}) for seed in range(2)]
    text = text_of(cases, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    words = set(text.split())
    assert {"validation", "seeds", "test", "gap", "score"} <= words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (1e-05, "1e-05"),
        (300, "300"),
        (True, "true"),
        ([], "[]"),
        (["l2", "dropout"], "[l2,dropout]"),
        ([[5, 2], [3, 2]], "[[5,2],[3,2]]"),
        (None, "—"),
        ("sha256:" + 64 * "a", "sha256:" + 12 * "a"),
    ],
)
def test_options_are_shown_as_typed(value, text):
    assert format_option(value) == text


def test_size_of_the_test_part():
    text = text_of([(soft(0.1), {"final_test_samples": 12}), (soft(0.2), {"final_test_samples": 12})])
    assert "n_test 12" in text
