"""What a page may claim: nothing before a study is complete, and nothing that its test part cannot show."""

import base64
import csv
import gzip
import re

import pytest

from tests.leaderboard.pictures import pictures_of, texts_of
from tests.made_up_suite import written_texts


@pytest.fixture
def render(tmp_path):
    """Writes a suite; all that a reader sees, by name, with the terminal of 80 columns."""

    def render_suite(suite):
        _, texts = written_texts(suite, tmp_path, width=80)
        return texts | {"index.html": texts["index.html"].replace("&#39;", "'")}

    return render_suite


SCRIPTS = re.compile(
    r'<script type="text/plain" id="data">(.*?)</script>\s*<script type="module">.*?</script>', re.DOTALL
)
STUDY = '<details class="part" id="study-'


def unpack(scripts):
    """What the page's script may show."""
    return gzip.decompress(base64.b64decode(scripts[1])).decode()


def shown(texts):
    """The texts that are read, with single spaces, without what explains the marks.

    Of the page's script, it is what it may show that is read: marks and differences to every baseline.
    """
    page, count = SCRIPTS.subn(unpack, texts["index.html"])
    assert count == 1
    texts = texts | {"index.html": page}
    words = {name: " ".join(texts[name].split()) for name in ("index.html", "leaderboard.md", "terminal")}
    return {name: text.replace("▲ better, ▼ worse", "").replace("\\_", "_") for name, text in words.items()}


def claims_of(texts):
    """What the page says of each study beside its name."""
    return re.findall(r'<span class="claim">(.*?)</span>', texts["index.html"])


def rows_of(text):
    return list(csv.DictReader(text.splitlines()))


def with_unfinished(suite, *methods):
    """The suite without the finished runs of some methods."""
    unfinished = {run["run"] for method in methods for run in suite.of(method)}
    suite.runs = [run for run in suite.runs if run["run"] not in unfinished]
    return suite


def test_no_claims_before_a_study_is_complete(make_suite, render):
    suite = with_unfinished(make_suite(studies=list("abcdef"), seeds=8), "l2", "early_stopping")
    texts = render(suite)
    for text in shown(texts).values():
        assert re.search("[▲▼]", text) is None
        assert "30 of 58 runs are finished. Missing: " in text
        assert "No marks and no wins in a study before all its runs are." in text
        assert "Mean ranks are not tested before all runs of the suite are finished." in text
    assert claims_of(texts) == 6 * ["30 of 58 runs are finished: no claim yet."]
    assert {row["wins"] + row["losses"] for row in rows_of(texts["across.csv"])} == {""}
    assert {row["marked"] for row in rows_of(texts["comparisons.csv"])} == {"false"}
    (hard,) = (row for row in rows_of(texts["leaderboard.csv"]) if (row["study"], row["method"]) == ("a", "hard"))
    assert float(hard["p_adjusted"]) == 4 * 2 / 2**8


def test_a_complete_study_makes_its_claims(make_suite, render):
    suite = make_suite(studies=["a", "b"], seeds=8)
    last = suite.of_study("b")[-1]
    suite.runs.remove(last)
    texts = render(suite)
    assert {row["wins"] for row in rows_of(texts["across.csv"]) if row["method"] == "hard"} == {"1"}
    matrix, first, second = re.split(STUDY, shown(texts)["index.html"].split('<details class="part" id="protocol"')[0])
    assert "▲" in first
    assert "▲" not in second
    cells = re.findall(r'<td data-study="(\w)".*?</td>', matrix)
    marked = re.findall(r'<td data-study="(\w)"(?:(?!</td>).)*▲', matrix)
    assert cells == 5 * ["a", "b"]
    assert set(marked) == {"a"}
    won, unfinished = claims_of(texts)
    assert won.startswith("hard beats none by 0.")
    assert unfinished == "57 of 58 runs are finished: no claim yet."


def test_no_rank_test_of_the_studies_that_are_first(make_suite, render):
    """Five of six studies are complete: enough for a test, and not what was planned."""
    suite = make_suite(studies=list("abcdef"), seeds=8)
    last = suite.of_study("f")
    suite.runs = [run for run in suite.runs if run not in last]
    for text in shown(render(suite)).values():
        assert "Friedman's test shows" not in text
        assert "Mean ranks are not tested" in text


def test_published_results_wait_too(make_suite, render):
    suite = make_suite(seeds=8)
    for row in suite.plan:
        if row["method"] == "hard":
            row |= {"published": 0.92, "published_tolerance": 0.03, "published_outperforms": ["none"]}
    assert {row["holds"] for row in rows_of(render(suite)["published.csv"])} == {"true"}
    texts = render(with_unfinished(suite, "l2"))
    assert {row["holds"] for row in rows_of(texts["published.csv"])} == {""}
    for text in shown(texts).values():
        assert "study unfinished (±0.03)" in text


@pytest.mark.parametrize("unfinished", [(), ("hard+l2",)])
def test_interactions_are_adjusted_over_the_plan(make_suite, render, unfinished):
    names = ("none", "hard", "soft", "l2", "hard+l2", "soft+l2")
    methods = {name: (0.6 + 0.05 * number, 0.1, [None]) for number, name in enumerate(names)}
    texts = render(with_unfinished(make_suite(seeds=8, methods=methods), *unfinished))
    (row,) = (row for row in rows_of(texts["interactions.csv"]) if row["method"] == "soft+l2")
    assert float(row["effect_alone_p_adjusted"]) == 2 * 2 / 2**8
    assert row["effect_alone_marked"] == str(not unfinished).lower()


def test_size_of_the_test_part_is_shown(make_suite, render):
    texts = render(make_suite())
    for text in shown(texts).values():
        assert "n_train 4,000, n_test 1,000," in text
        assert "each of its 1,000 samples is 0.001 of a score" in text
        assert "±0.03 (95 %, binomial), more than seeds show for 5 of 5 methods" in text
    assert {row["n_test"] for row in rows_of(texts["leaderboard.csv"])} == {"1000"}
    assert {row["n_test"] for row in rows_of(texts["runs.csv"])} == {"1000"}


@pytest.mark.parametrize("n_test", [1_000_000, None])
def test_large_or_unknown_test_part(make_suite, render, n_test):
    """A large test part needs no sentence, and of an unknown one nothing is said."""
    suite = make_suite()
    for run in suite.runs:
        run["final_test_samples"] = n_test
    for text in shown(render(suite)).values():
        assert ("n_test 1,000,000" if n_test else "n_test —") in text
        assert "Test part:" not in text


@pytest.mark.parametrize("seeds", [2, 8])
def test_few_test_samples_have_no_mark(make_suite, render, seeds):
    """All seeds lose the same one of 12 samples: the interval is [−0.083, −0.083], and p may be .0078."""
    suite = make_suite(
        seeds=seeds, studies=["a", "b"], methods={"none": (0.8, 0.2, [None]), "hard": (0.9, 0.1, [None])}
    )
    for run in suite.runs:
        run.update(final_test_samples=12, final_test_score=(6 if run in suite.of("hard") else 7) / 12)
    texts = render(suite)
    for text in shown(texts).values():
        assert re.search("[▲▼]", text) is None
        assert "each of its 12 samples is 0.083 of a score" in text
        assert "±0.28 (95 %, binomial)" in text
    (hard,) = (row for row in rows_of(texts["across.csv"]) if row["method"] == "hard")
    assert (hard["ties"], hard["losses"]) == (("2", "0") if seeds == 8 else ("", ""))


def test_smallest_p_value_says_so(make_suite, render):
    texts = shown(render(make_suite(seeds=10)))
    for text in texts.values():
        assert "p ≤ 0.0078: the smallest possible with 10 seeds and 4 planned comparisons." in text
    assert "p≤.008" in texts["terminal"]
    assert "p ≤ 0.0078 |" in texts["leaderboard.md"]


def test_one_definition_of_the_test_error(make_suite, render):
    """Every figure that has a test error names the same one."""
    suite = make_suite(studies=["s_1000", "s_2000", "s_4000"], seeds=6)
    for row, size in zip(suite.plan, (int(row["study"][2:]) for row in suite.plan), strict=True):
        row.update(series="s", n_train=size)
    for study in ("s_1000", "s_2000", "s_4000"):
        suite.turn(study)
    page = render(suite)["index.html"]
    pictures = pictures_of(page)
    titles = {text for picture in pictures.values() for text in texts_of(picture) if "error" in text}
    assert titles == {"test error (perplexity − 1)"}
