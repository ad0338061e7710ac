"""The page: self-contained, complete, and safe with any name."""

import re
from html.parser import HTMLParser

import pytest

from sharegap import leaderboard
from tests.leaderboard.pictures import methods_of, pictures_of

LOADING = {"src", "srcset", "href", "data", "action", "poster", "background"}


class Page(HTMLParser):
    """Collects what the tests ask for of a page."""

    def __init__(self, source):
        super().__init__()
        self.references, self.tags, self.texts = [], [], []
        self.inside = []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.references += [value for name, value in attributes if name in LOADING]
        self.inside = [tag, dict(attributes)]

    def handle_endtag(self, tag):
        self.inside = []

    def handle_data(self, data):
        if not self.inside or self.inside[0] not in ("script", "style"):
            self.texts.append(data)


@pytest.fixture
def write(tmp_path):
    def write_page(suite):
        leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
        return (tmp_path / "leaderboard" / "index.html").read_text(encoding="utf-8")

    return write_page


def test_no_external_resources(make_suite, write):
    source = write(make_suite())
    own = re.sub(r"<pre>.*?</pre>|xmlns=\"[^\"]*\"", "", source)
    assert re.search(r"https?:|//cdn|@import|url\((?!#)|fetch\(|XMLHttpRequest|\bimport\b", own) is None
    page = Page(own)
    assert page.references
    assert all(reference.startswith("#") for reference in page.references)
    assert not {"link", "iframe", "img", "base", "object", "embed"} & set(page.tags)


def test_page_is_complete(make_suite, write):
    """It has every study, method, run and figure."""
    suite = make_suite(studies=["mnist1d", "digits"])
    source = write(suite)
    page = Page(source)
    text = " ".join(page.texts)
    for study in ("mnist1d", "digits"):
        assert study in text
    for row in suite.plan:
        assert row["method"] in text
        assert row["run"] in text
    pictures = pictures_of(source)
    assert len(pictures) == 1 + 2 * 5
    methods = {"none", "hard", "soft", "l2", "early_stopping"}
    for study in ("mnist1d", "digits"):
        for title in ("Test error vs. gap", "Test error vs. cost", "Training curves"):
            assert methods_of(pictures[f"{title}, {study}"]) == methods
        assert methods_of(pictures[f"From independent to hard sharing, {study}"]) == {"soft"}
        assert methods_of(pictures[f"Regularization paths, {study}"]) == {"l2", "early_stopping"}


def test_extra_metrics_table(make_suite, write):
    suite = make_suite(studies=["mnist1d", "towers"])
    for run in suite.of_study("towers"):
        run["extra_metrics"] = [
            {"snapshot": run["scored_at"], "split": "test", "metric": "ROC <AUC>", "value": run["final_test_score"]}
        ]
    first, second = write(suite).split("<section")[1:]
    assert "Extra metrics" not in first
    table = second.split('<table class="details">')[1].split("</table>")[0]
    assert "ROC &lt;AUC&gt;" in table
    assert re.findall(r'<td class="text">(\w+)', table) == ["hard", "soft", "early_stopping", "none", "l2"]
    assert (
        len(re.findall(r'<td class="measure">0\.\d+<span class="interval">\[', table)) == 2 * 5
    )  # and the test scores


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'a"b&c', "{{ 7 * 7 }}", "[bold]|x|", "</td>"])
def test_method_names_are_escaped(make_suite, write, name):
    source = write(make_suite(methods={"none": (0.8, 0.2, [None]), name: (0.9, 0.1, [0.1, 1.0])}))
    page = Page(source)
    assert name in page.texts
    assert page.tags.count("script") == 1
    assert methods_of(pictures_of(source)["Test error vs. gap, mnist1d"]) == {"none", name}
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
    for is_growing in (True, False):
        leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "page", is_growing=is_growing)
        page = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
        assert ('http-equiv="refresh"' in page) == is_growing
