"""The page: self-contained, complete, and safe with any name."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from sharegap import leaderboard

LOADING = {"src", "srcset", "href", "data", "action", "poster", "background"}
BESIDE = {"../index.html", "runs.csv"}
"""What the page leads to outside itself: other files of the same folder."""


class Page(HTMLParser):
    """Collects what the tests ask for of a page, what lies in noscript included."""

    def __init__(self, source):
        super().__init__()
        self.references, self.tags, self.texts, self.attributes, self.rows = [], [], [], set(), []
        self.inside = ""
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attributes}
        self.references += [value for name, value in attributes if name in LOADING]
        self.inside = tag
        if tag == "tr":
            self.rows.append(dict(attributes).get("data-method"))

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside not in ("script", "style"):
            self.texts.append(data)


@pytest.fixture
def write(tmp_path):
    def write_page(suite):
        leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
        return (tmp_path / "leaderboard" / "index.html").read_text(encoding="utf-8")

    return write_page


def test_no_external_resources(make_suite, write):
    source = write(make_suite())
    own = source.replace('xmlns="http://www.w3.org/2000/svg"', "").replace('"http://www.w3.org/2000/svg"', "")
    assert re.search(r"https?:|//cdn|@import|url\([^#]|fetch\(|XMLHttpRequest|\bimport\b", own) is None
    page = Page(source)
    assert page.references
    assert all(reference.startswith("#") or reference in BESIDE for reference in page.references)
    assert not {"link", "iframe", "img", "base", "object", "embed"} & set(page.tags)


def test_policy_allows_the_pages_own_script_and_style_alone(make_suite, write):
    """A policy by hashes: nothing may stand in an attribute."""
    source = write(make_suite())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', source)[1].replace("&#39;", "'")
    (style,) = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)
    scripts = re.findall(r'<script type="module">(.*?)</script>', source, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, *scripts)]
    assert len(hashes) == 2
    assert set(re.findall(r"'sha256-([^']*)'", policy)) == set(hashes)
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    attributes = Page(source).attributes
    assert "style" not in attributes
    assert not [name for name in attributes if name.startswith("on")]


def test_page_is_complete(make_suite, write):
    """It has every study, method and picture, also without a script."""
    suite = make_suite(studies=["mnist1d", "digits"])
    page = Page(write(suite))
    text = " ".join(page.texts)
    for study in ("mnist1d", "digits"):
        assert study in text
        assert f"#study-{study}" in page.references
    for row in suite.plan:
        assert row["method"] in text
    assert page.tags.count("svg") == 1 + 2 * 5
    assert page.tags.count("figure") == page.tags.count("svg")


def test_every_table_of_methods_can_be_filtered(make_suite, write):
    source = write(make_suite(studies=["mnist1d", "digits"]))
    rows = Page(source).rows
    headings = re.findall(r'<tr([^>]*)>\s*<th scope="row"[^>]*>([^<]*)</th>', source)
    for method in ("none", "hard", "soft", "l2", "early_stopping"):
        assert rows.count(method) >= 1 + 1 + 2 * 2  # the matrix, across studies, and two tables per study
        assert {marks for marks, heading in headings if heading == method} == {f' data-method="{method}"'}


def test_parts_open_without_a_script(make_suite, write):
    source = write(make_suite())
    parts = re.findall(r'<details class="part" id="([^"]*)"([^>]*)>', source)
    assert {"study-mnist1d", "protocol", "columns", "provenance"} <= {name for name, _ in parts}
    assert {state for _, state in parts} == {" open"}
    assert source.count("<noscript>") == len(parts)


def test_extra_metrics_table(make_suite, write):
    suite = make_suite(studies=["mnist1d", "towers"])
    for run in suite.of_study("towers"):
        run["extra_metrics"] = [
            {"snapshot": run["scored_at"], "split": "test", "metric": "ROC <AUC>", "value": run["final_test_score"]}
        ]
    first, second = re.split('<details class="part" id="study-', write(suite))[1:3]
    assert "Extra metrics" not in first
    table = second.split(">Extra metrics</caption>")[1].split("</table>")[0]
    assert "ROC &lt;AUC&gt;" in table
    assert re.findall(r'<th scope="row"[^>]*>(\w+)', table) == ["hard", "soft", "early_stopping", "none", "l2"]
    intervals = re.findall(r"<td>0\.\d+<i>\[", table)
    assert len(intervals) == 2 * 5  # and the test scores


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'a"b&c', "{{ 7 * 7 }}", "[bold]|x|", "</noscript>"])
def test_method_names_are_escaped(make_suite, write, name):
    source = write(make_suite(methods={"none": (0.8, 0.2, [None]), name: (0.9, 0.1, [0.1, 1.0])}))
    page = Page(source)
    assert name in page.texts
    assert page.tags.count("script") == 2  # the data and the page's own
    assert source.count("<noscript>") == source.count("</noscript>")
    assert "<script>alert" not in source


def test_progress_of_an_unfinished_suite(make_suite, write):
    suite = make_suite()
    finished = write(suite)
    assert "runs are finished" not in finished
    suite.runs = suite.runs[:20]
    assert f"20 of {len(suite.plan)} runs are finished." in write(suite)


def test_page_that_grows_loads_itself_again(make_suite, tmp_path):
    suite = make_suite()
    suite.runs = suite.runs[:20]
    for training in ("They are being trained. About 12 min are left.", ""):
        leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "page", training=training)
        page = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
        assert ('http-equiv="refresh"' in page) == bool(training)
        assert training in page
