"""The page: self-contained, complete, and safe with any name."""

import html
import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from sharegap import leaderboard
from sharegap.leaderboard.figures import assign_styles

LOADING = {"src", "srcset", "href", "data", "action", "poster", "background"}


class Page(HTMLParser):
    """Collects what the tests ask for of a page."""

    def __init__(self, source):
        super().__init__()
        self.references, self.tags, self.texts, self.plots = [], [], [], []
        self.inside = []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.references += [value for name, value in attributes if name in LOADING]
        self.inside = [tag, dict(attributes)]

    def handle_endtag(self, tag):
        self.inside = []

    def handle_data(self, data):
        if self.inside and "data-plot" in self.inside[1]:
            self.plots.append(json.loads(data))
        elif not self.inside or self.inside[0] not in ("script", "style"):
            self.texts.append(data)


@pytest.fixture
def write(tmp_path):
    def write_page(suite):
        leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
        return (tmp_path / "leaderboard" / "index.html").read_text(encoding="utf-8")

    return write_page


def names(plot):
    return {trace["name"] for trace in plot["data"]}


def test_no_external_resources(make_suite, write):
    source = write(make_suite())
    assert source.count(get_plotlyjs()) == 1
    own = re.sub(r"<pre>.*?</pre>", "", source.replace(get_plotlyjs(), ""))
    assert re.search(r"https?:|//cdn|@import|url\(|fetch\(|XMLHttpRequest|\bimport\b", own) is None
    page = Page(own)
    assert page.references
    assert all(reference.startswith("#") for reference in page.references)
    assert not {"link", "iframe", "img", "base", "object", "embed"} & set(page.tags)


def test_page_is_complete(make_suite, write):
    """It has every study, method, run and figure."""
    suite = make_suite(studies=["mnist1d", "digits"])
    page = Page(write(suite).replace(get_plotlyjs(), ""))
    text = " ".join(page.texts)
    for study in ("mnist1d", "digits"):
        assert study in text
    for row in suite.plan:
        assert row["method"] in text
        assert row["run"] in text
    assert len(page.plots) == 1 + 2 * 4
    methods = {"none", "hard", "soft", "l2", "early_stopping"}
    for points, sharing, paths, curves in (page.plots[1:5], page.plots[5:]):
        assert methods <= names(points)
        assert {"soft", "none", "selected on validation"} == names(sharing)
        assert {"l2", "early_stopping", "none", "selected on validation"} == names(paths)
        assert methods == names(curves)


def test_styles_are_distinct():
    methods = ["none", "hard", "soft", "l2", "dropout", "early_stopping", *map(str, range(20))]
    style = assign_styles(methods, "none")
    assert len({style[method].color for method in methods[:14]}) == 14
    assert len({style[method].marker for method in methods[:14]}) == 14
    assert len(set(style.values())) == len(methods)


def test_sharing_path_ends(make_suite, write):
    """The path goes from independent to hard sharing."""
    page = Page(write(make_suite()).replace(get_plotlyjs(), ""))
    path = next(trace for trace in page.plots[1]["data"] if trace["name"] == "soft")
    assert path["text"] == ["independent", "0.01", "0.1", "1", "hard"]
    assert path["x"] == pytest.approx([-3, -2, -1, 0, 1])  # the logit of ρ
    errors = {trace["name"]: trace["y"][0] for trace in page.plots[0]["data"]}
    assert path["y"][0] == pytest.approx(1 - errors["none"])
    assert path["y"][-1] == pytest.approx(1 - errors["hard"])


def test_sharing_path_axis(make_suite, write):
    """The axis is the correlation of the copies, whose ends are the rows of two methods."""
    plot = Page(write(make_suite()).replace(get_plotlyjs(), "")).plots[1]
    assert plot["layout"]["xaxis5"]["ticktext"] == ["0.01", "0.1", "0.5", "0 (independent)", "1 (hard)"]
    assert plot["layout"]["xaxis5"]["tickvals"] == pytest.approx([math.log10(0.01 / 0.99), -math.log10(9), 0, -3, 1])
    assert plot["layout"]["xaxis5"]["title"]["text"] == "correlation of the copies ρ = λ / (1 + λ)"


def test_paths_are_over_the_tuning_seeds(make_suite, write):
    """Two seeds have no bars: their intervals would hide everything else."""
    suite = make_suite()
    for run in suite.of("l2", "measure"):
        run["final_test_score"] = 0.1
    page = Page(write(suite).replace(get_plotlyjs(), ""))
    (score, gap) = (trace for trace in page.plots[2]["data"] if trace["name"] == "l2")
    assert min(score["y"]) > 0.5
    assert "error_y" not in score
    rings = [trace for trace in page.plots[2]["data"] if trace.get("meta") == "l2"]
    assert [ring["y"] for ring in rings] == [score["y"][:1], gap["y"][:1]]


def texts(plot):
    """Titles of panels and axes."""
    axes = (axis for name, axis in plot["layout"].items() if name.startswith(("xaxis", "yaxis")))
    titles = [axis["title"]["text"] for axis in axes if "title" in axis]
    return [*titles, *(note["text"] for note in plot["layout"].get("annotations", []))]


def test_sharing_path_panels(make_suite, write):
    plot = Page(write(make_suite()).replace(get_plotlyjs(), "")).plots[1]
    assert texts(plot)[1:] == [
        "test accuracy",
        "gap (train − test)",
        "gap in loss (test − train)",
        "copy distance",
        "CKA of copies",
    ]
    heights = {trace["yaxis"]: trace["y"] for trace in plot["data"] if trace["name"] == "soft"}
    assert heights["y4"] == pytest.approx([0.5] * 5)
    assert heights["y5"] == pytest.approx([0.6] * 5)


@pytest.mark.parametrize(("score", "bound"), [("verification accuracy", True), ("R²", False)])
def test_error_is_1_minus_the_score(make_suite, write, score, bound):
    suite = make_suite()
    for run in suite.runs:
        run["score_name"] = score
    source = write(suite)
    plot = Page(source.replace(get_plotlyjs(), "")).plots[0]
    assert texts(plot)[:2] == [f"gap in {score} (train − test)", f"test error (1 − {score})"]
    assert {trace["name"]: trace["y"][0] for trace in plot["data"]}["hard"] == pytest.approx(0.1, abs=0.02)
    assert ("train error 0: all of the test error is gap" in names(plot)) == bound


def test_figures_where_lower_is_better(make_suite, write):
    """The error is the distance to the best perplexity, 1."""
    suite = make_suite()
    suite.turn("mnist1d")
    source = write(suite)
    points, sharing, paths, _ = Page(source.replace(get_plotlyjs(), "")).plots
    assert texts(points)[:2] == ["gap in perplexity (test − train)", "test error (perplexity − 1)"]
    heights = {trace["name"]: trace["y"][0] for trace in points["data"]}
    assert heights["hard"] == pytest.approx(9, abs=1)
    assert heights["none"] == pytest.approx(14, abs=1)
    assert "gap (test − train)" in texts(sharing)
    assert "gap (test − train)" in texts(paths)
    assert "Test error vs. gap" in source
    assert re.search(r"1 − perplexity|train error 0", source.split("<section", 1)[1]) is None


def test_extra_metrics_table(make_suite, write):
    suite = make_suite(studies=["mnist1d", "towers"])
    for run in suite.of_study("towers"):
        run["extra_metrics"] = [
            {"snapshot": run["scored_at"], "split": "test", "metric": "ROC <AUC>", "value": run["final_test_score"]}
        ]
    first, second = write(suite).replace(get_plotlyjs(), "").split("<section")[1:]
    assert "Extra metrics" not in first
    table = second.split('<table class="details">')[1].split("</table>")[0]
    assert "ROC &lt;AUC&gt;" in table
    assert re.findall(r'<td class="text">(\w+)', table) == ["hard", "soft", "early_stopping", "none", "l2"]
    assert (
        len(re.findall(r'<td class="measure">0\.\d+<span class="interval">\[', table)) == 2 * 5
    )  # and the test scores


def test_training_curves_end_at_the_first_stop(make_suite, write):
    suite = make_suite()
    for name in [name for name in suite.runs[0] if name.startswith("curve_")]:
        suite.of("hard")[0][name] = suite.of("hard")[0][name][:2]
    page = Page(write(suite).replace(get_plotlyjs(), ""))
    steps = {trace["name"]: trace["x"] for trace in page.plots[3]["data"] if trace["xaxis"] == "x"}
    assert steps["hard"] == [0, 50]
    assert steps["early_stopping"] == [0, 50, 100, 200]
    assert steps["none"] == [0, 50, 100, 200, 400]


def test_curves_of_test_against_train(make_suite, write):
    suite = make_suite()
    page = Page(write(suite).replace(get_plotlyjs(), ""))
    (hard,) = (trace for trace in page.plots[3]["data"] if (trace["name"], trace["xaxis"]) == ("hard", "x6"))
    runs = suite.of("hard", "measure")
    assert hard["x"] == pytest.approx(runs[0]["curve_train_score"])  # the same in all runs
    assert hard["y"] == pytest.approx(np.mean([run["curve_test_score"] for run in runs], 0))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'a"b&c', "{{ 7 * 7 }}", "[bold]|x|", "</td>"])
def test_method_names_are_escaped(make_suite, write, name):
    source = write(make_suite(methods={"none": (0.8, 0.2, [None]), name: (0.9, 0.1, [0.1, 1.0])}))
    own = source.replace(get_plotlyjs(), "")
    page = Page(own)
    assert name in page.texts
    assert page.tags.count("script") == 1 + 1 + 3  # Plotly, the page's own, one per picture
    assert html.escape(name, quote=False) in names(page.plots[0])  # Plotly reads tags in its texts
    assert "<script>alert" not in own


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
