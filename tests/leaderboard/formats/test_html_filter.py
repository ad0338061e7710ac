"""The page's filter of methods: generic for every table and picture, and working in a browser."""

import html
import json
import re
import shutil
import subprocess

import pytest
from plotly.offline import get_plotlyjs

from sharegap import leaderboard
from sharegap.leaderboard.figures import assign_styles

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
METHODS = {
    "none": (0.8, 0.2, [None]),
    "hard": (0.9, 0.1, [None]),
    "soft": (0.85, 0.14, [0.01, 0.1]),
    'a"b<c>,+': (0.7, 0.1, [0.1, 1.0]),
}
NOT_OF_A_METHOD = {"critical difference", "no difference", "train error 0: all of the test error is gap"}


@pytest.fixture(scope="module")
def path(make_suite, tmp_path_factory):
    folder = tmp_path_factory.mktemp("filter")
    suite = make_suite(studies=list("abcde"), seeds=2, methods=METHODS)
    for run in suite.runs:
        run["extra_metrics"] = [{"snapshot": "final", "split": "test", "metric": "ROC AUC", "value": 0.5}]
    leaderboard.write(suite.store(folder), "made_up", folder)
    return folder / "index.html"


@pytest.fixture
def page(path):
    return path.read_text(encoding="utf-8").replace(get_plotlyjs(), "")


def test_one_switch_per_method(page):
    """Switches have the method's color, and are hidden without a script."""
    switches = re.findall(r'<label style="accent-color: (#\w+)"><input [^>]*value="([^"]*)"', page)
    style = assign_styles(METHODS, "none")
    assert {html.unescape(name): color for color, name in switches} == {name: style[name].color for name in METHODS}
    assert re.search(r'<div class="filter[^>]* hidden>', page)
    assert re.search(r"<tr[^>]* hidden", page) is None


def test_every_table_row_has_a_method(page):
    tables = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert len(tables) >= 1 + 5 * 3  # across; per study the leaderboard, extra metrics and the runs
    for table in [table for table in tables if ">command</td>" not in table]:  # the provenance has facts
        rows = re.findall(r"<tr([^>]*)>\s*<td[^>]*>([^<]*)</td>", table)
        assert rows
        assert all(f'data-method="{name}"' in marks for marks, name in rows)


def test_every_trace_has_a_method_or_is_shared(page):
    switches = {html.unescape(name) for name in re.findall(r'data-name="([^"]*)"', page)}
    plots = re.findall(r'<script type="application/json" data-plot="[^"]*">(.*?)</script>', page, re.DOTALL)
    assert len(plots) == 2 + 5 * 4
    for plot in map(json.loads, plots):
        assert {trace.get("meta", trace["name"]) for trace in plot["data"]} - switches <= NOT_OF_A_METHOD
        for note in plot["layout"].get("annotations", []):
            assert "arrowcolor" not in note or note["name"] in switches


@pytest.mark.skipif(BROWSER is None, reason="no browser to run the page's script in")
def test_url_selects_the_shown_methods(path, tmp_path):
    shown = ["none", 'a"b<c>,+']
    address = f"{path.as_uri()}#methods={','.join(map(quoted, shown))}"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--virtual-time-budget=3000"]
    options += [f"--user-data-dir={tmp_path / 'browser'}", "--window-size=1000,2500", "--dump-dom"]
    done = subprocess.run([BROWSER, *options, address], capture_output=True, text=True, timeout=60, check=True)
    dom = re.sub(r"<script.*?</script>", "", done.stdout, flags=re.DOTALL)
    rows = re.findall(r'<tr data-method="([^"]*)"( hidden)?', dom)
    assert {html.unescape(name) for name, hidden in rows if not hidden} == set(shown)
    assert {html.unescape(name) for name, hidden in rows if hidden} == set(METHODS) - set(shown)
    legends = re.findall(r'class="legendtext"[^>]*>(.*?)</text>', dom)
    assert legends
    assert {html.unescape(text) for text in legends} <= {*shown, "selected on validation", *NOT_OF_A_METHOD}


def quoted(name):
    """As JavaScript's encodeURIComponent."""
    return "".join(character if character.isalnum() else f"%{ord(character):02X}" for character in name)
