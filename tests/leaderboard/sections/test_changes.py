"""What changed since an older measurement stands first, and claims no more than it knows."""

import csv
import io
import json
import re

import pytest
from rich.console import Console

from sharegap import leaderboard
from sharegap.results import Store


@pytest.fixture
def compare(tmp_path):
    """Writes the page of a suite against an older one; the texts of its files, and of the terminal."""

    def write_both(old, new, width=120):
        older, folder = old.store(tmp_path / "old"), tmp_path / "leaderboard"
        report = leaderboard.write(new.store(tmp_path / "new"), "made_up", folder, against=older)
        screen = io.StringIO()
        leaderboard.show(report, Console(file=screen, width=width))
        texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
        return texts | {"terminal": screen.getvalue()}

    return write_both


def changed(suite, method, gain):
    for seed, run in enumerate(suite.of(method, "measure")):
        run["final_test_score"] += gain + 0.0005 * seed
    return suite


def section(text):
    """The section in markdown, as one line."""
    return " ".join(text.split("## Changes")[1].split("\n## ")[0].split()).replace("\\_", "_")


def test_changes_are_said_everywhere(make_suite, compare):
    new = changed(changed(make_suite(), "hard", 0.02), "l2", -0.02)
    texts = compare(make_suite(), new)
    sentence = "2 of 5 scores changed by more than chance: 1 better, 1 worse. Identical, bit for bit: 3."
    for name in ("index.html", "leaderboard.md", "terminal"):
        assert sentence in " ".join(texts[name].split())
        assert "Before: sharegap" in texts[name]
        assert "Holm's adjustment for 2 tests" in " ".join(texts[name].replace("&#39;", "'").split())
    rows = {row["method"]: row for row in csv.DictReader(texts["changes.csv"].splitlines())}
    assert [rows[name]["marked"] for name in ("hard", "l2", "none")] == ["true", "true", "false"]
    assert float(rows["l2"]["change_high"]) < 0 < float(rows["hard"]["change_low"])


def test_section_is_the_first(make_suite, compare):
    texts = compare(make_suite(studies=["a", "b"]), changed(make_suite(studies=["a", "b"]), "hard", 0.02))
    assert re.findall(r"^## (.*)$", texts["leaderboard.md"], re.MULTILINE)[0] == "Changes"
    assert re.findall(r"<h2>(.*)</h2>", texts["index.html"])[0] == "Changes"


def test_marks_show_direction(make_suite, compare):
    """Also where a lower score is better."""
    old, new = make_suite(), make_suite()
    for suite in (old, new):
        suite.turn("mnist1d")
    for seed, run in enumerate(new.of("hard", "measure")):
        run["final_test_score"] -= 2 + 0.01 * seed
    text = section(compare(old, new)["leaderboard.md"])
    assert re.search(r"\| hard \|[^▲▼]*▲ p ", text)
    assert "1 better, 0 worse" in text


def test_nothing_changed(make_suite, compare):
    text = section(compare(make_suite(), make_suite())["leaderboard.md"])
    assert "All 5 scores are identical, bit for bit." in text
    assert "▲" not in text
    assert "significant" not in text


def test_chance_is_no_change(make_suite, compare):
    new = make_suite()
    for run, gain in zip(new.of("hard"), (0.004, -0.004, 0.003, -0.002), strict=True):
        run["final_test_score"] += gain
    text = section(compare(make_suite(), new)["leaderboard.md"])
    assert "0 of 5 scores changed by more than chance." in text
    assert "No mark does not mean no change" in text


def test_differences_of_the_suites_are_named(make_suite, compare):
    old, new = make_suite(studies=["a", "b"]), make_suite(studies=["b"])
    old.drop("b", "l2")
    for run in new.runs:
        run["final_test_samples"] = 500
    for row in new.plan:
        row["strength"] = 0.5 if row["method"] == "soft" else row["strength"]
    text = section(compare(old, new)["leaderboard.md"])
    assert "Measured only before: a none, a hard, a soft, a l2, a early_stopping." in text
    assert "Measured only now: b l2." in text
    assert "Another n test: b 1,000 → 500." in text
    assert "Another strength: b soft 0.01 → 0.5." in text


def test_other_seeds_and_scores_are_said(make_suite, compare):
    old, new = make_suite(studies=["a", "b"]), make_suite(studies=["a", "b"], seeds=5)
    new.turn("b")
    for run, row in zip(new.runs, new.plan, strict=True):
        run["config"] = json.dumps({"seed": row["seed"] + 100})
    text = section(compare(old, new)["leaderboard.md"])
    assert text.count("other seeds |") == text.count("another score |") == 5
    assert "Another score name: b accuracy → perplexity." in text


@pytest.mark.parametrize(("other", "named"), [(["hard"], "mnist1d hard"), (["none", "hard"], "all methods")])
def test_other_options_are_said(make_suite, compare, other, named):
    methods = {"none": (0.8, 0.2, [None]), "hard": (0.9, 0.1, [None])}
    new = make_suite(methods=methods)
    ids = {run["run"] for method in other for run in new.of(method)}
    for row in [row for row in (*new.plan, *new.runs) if row["run"] in ids]:
        row["run"] = f"other{row['run']}"
    text = section(compare(make_suite(methods=methods), new)["leaderboard.md"])
    assert f"Other options, data or code of your own, so that a change may have that cause: {named}." in text


def test_without_a_comparison_there_is_no_section(make_suite, compare, tmp_path):
    """The table of an earlier comparison goes."""
    assert "changes.csv" in compare(make_suite(), make_suite())
    folder = tmp_path / "leaderboard"
    leaderboard.write(Store(tmp_path / "new"), "made_up", folder)
    assert not (folder / "changes.csv").exists()
    assert "Changes" not in (folder / "leaderboard.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_terminal_of_any_width(make_suite, compare, width):
    text = compare(make_suite(), changed(make_suite(), "hard", 0.02), width)["terminal"]
    assert max(map(len, text.splitlines())) <= width
    assert "▲" in text.split("Changes\n")[1]
