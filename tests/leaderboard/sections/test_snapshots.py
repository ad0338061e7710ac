"""Both weights and equal training side by side, on the page and in markdown."""

import json
import re

import pytest

from sharegap import leaderboard

TITLE = "Final and best-validation weights, and equal training"


@pytest.fixture
def write(tmp_path):
    """Writes a suite; the section on the page and in markdown."""

    def write_suite(suite):
        leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
        page, text = ((tmp_path / "leaderboard" / name).read_text() for name in ("index.html", "leaderboard.md"))
        section = page.split(f"<summary><h3>{TITLE}</h3></summary>")[1].split("</details>")[0]
        return section, text.split(f"### {TITLE}")[1]

    return write_suite


def row_of(text, method):
    (line,) = re.findall(rf"^\| {method} \|.*$", text, re.MULTILINE)
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_table_has_a_heading_of_two_rows(make_suite, write):
    section, text = write(make_suite())
    head, body = section.split("</thead>")
    groups, names = head.split("</tr>")[:2]
    assert re.findall(r'colspan="(\d)">([^<]*)<', groups) == [
        *(("4", "test score"), ("3", "gap in score"), ("3", "gap in loss")),
    ]
    assert re.findall(r'rowspan="2"[^>]*>([^<]*)<', groups) == [
        *("method", "scored at", "reached loss", "reached score"),
    ]
    assert re.findall(r"<th[^>]*>([^<]*)<", names) == [
        *("final", "best validation", "equal train loss", "equal train score"),
        *2 * ("final", "best validation", "equal train loss"),
    ]
    rows = body.split("<tr")[1:]
    assert [(row.count('<th scope="row"'), row.count("<td")) for row in rows] == 5 * [(1, 13)]
    heading = [cell.strip() for cell in re.search(r"^\| method .*$", text, re.MULTILINE)[0].strip("|").split(" | ")]
    assert heading[2:5] == ["test score, final", "test score, best validation", "test score, equal train loss"]


def test_values_are_those_of_their_snapshot(make_suite, write):
    suite = make_suite(methods={"none": (0.8, 0.2, [None]), "hard": (0.9, 0.1, [None])})
    for run in suite.of("hard"):
        for i, snapshot in enumerate(("final", "best_val")):
            run.update({f"{snapshot}_test_score": 0.5 + i / 10, f"{snapshot}_train_score": 0.9})
    _, text = write(suite)
    cells = row_of(text, "hard")
    values = [float(cells[i].split(" ")[0]) for i in (2, 3, 6, 7)]
    assert values == [0.5, 0.6, 0.4, 0.3]


def test_scored_weights(make_suite, write):
    _, text = write(make_suite())
    scored_at = {method: row_of(text, method)[1] for method in ("none", "hard", r"early\\_stopping")}
    assert list(scored_at.values()) == ["final", "final", r"best\_val"]


def test_runs_that_reach_the_target(make_suite, write):
    suite = make_suite()
    for run in suite.runs:
        run["config"] = json.dumps({"training": {"target_loss": 0.846}})
    for run in suite.of("hard")[1:]:
        run["curve_train_loss"] = [2.3] * len(run["curve_step"])
    section, text = write(suite)
    hard = row_of(text, "hard")
    assert hard[-2:] == ["25%", "100%"]
    assert hard[4] == f"{suite.of('hard')[0]['curve_test_score'][2]:.3f}"
    for shown in (section, text):
        assert "a train loss of 0.846, or a train score of 0.878" in shown


def test_unknown_target(make_suite, write):
    suite = make_suite()
    for run in suite.runs:
        run["config"] = json.dumps({"training": {"target_loss": None}})
    assert "a train loss of the study&#39;s target" in write(suite)[0]
