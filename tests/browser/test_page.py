"""What a reader does with the page, in a browser."""

import csv
import re

import pytest

from sharegap import leaderboard
from tests.browser.conftest import HOSTILE

MEASURES = ["test score", "gap in score", "gap closed"]


def column(page, number):
    """The texts of a column of the matrix, of the rows that are shown."""
    rows = page.locator(".matrix tbody tr:not([hidden])")
    return [rows.nth(i).locator("th, td").nth(number).inner_text() for i in range(rows.count())]


def numbers(page, number):
    return [float(re.match(r"[+−]?[\d.]+", text)[0].replace("−", "-")) for text in column(page, number)]


def study_column(page, study):
    headings = page.locator(".matrix thead th")
    names = [headings.nth(i).locator("button").inner_text() for i in range(headings.count())]
    return names.index(study)


def select_methods(page, *methods):
    page.locator(".chooser summary").click()
    page.get_by_role("button", name="clear").click()
    for method in methods:
        page.locator(".chooser label", has=page.get_by_text(method, exact=True)).click()
    page.locator(".chooser summary").click()


def test_first_screen_has_the_scores(open_page):
    for options in ({}, {"viewport": {"width": 420, "height": 800}}):
        box = open_page(**options).locator(".matrix tbody td[data-study]").first.bounding_box()
        assert box["y"] < 400
        assert box["x"] + box["width"] < options.get("viewport", {"width": 1280})["width"]


def test_sorting_by_a_study(open_page):
    """The first click has the best on top, the second the worst; also where lower is better."""
    page = open_page()
    for study, is_higher_better in (("digits", True), ("text", False)):
        number = study_column(page, study)
        page.get_by_role("button", name=study, exact=True).click()
        scores = numbers(page, number)
        assert scores == sorted(scores, reverse=is_higher_better)
        heading = page.locator(".matrix thead th").nth(number)
        assert heading.get_attribute("aria-sort") == "ascending"
        page.get_by_role("button", name=study, exact=True).click()
        assert numbers(page, number) == scores[::-1]
        assert heading.get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name="method", exact=True).click()
    assert column(page, 0)[0] == HOSTILE


def test_filter_hides_rows_and_marks(open_page):
    page = open_page("#study-mnist1d")
    select_methods(page, "hard", HOSTILE)
    assert set(column(page, 0)) == {"hard", HOSTILE}
    study = page.locator("#study-mnist1d")
    shown = study.locator("[data-method]:not([hidden])")
    assert {shown.nth(i).get_attribute("data-method") for i in range(shown.count())} == {"hard", HOSTILE}
    assert study.locator("svg [data-method='none']").count() > 0
    assert study.locator("svg [data-method='none']:visible").count() == 0


def test_clearing_all_methods_says_so(open_page):
    page = open_page()
    select_methods(page)
    assert column(page, 0) == []
    assert page.get_by_role("status").inner_text() == "No method is shown: choose some under “methods”."


def test_another_baseline(open_page):
    """All differences and marks are then to it: what is better than one is worse than the other."""
    page = open_page("#study-mnist1d")
    cell = page.locator("#study-mnist1d td[data-difference]")
    row = page.locator("#study-mnist1d .board tr[data-method='none'] td[data-difference]")
    assert cell.first.inner_text().startswith("▲* +0.10")
    assert row.inner_text() == "—"
    page.select_option("#baseline", "hard")
    assert row.inner_text().startswith("▼* −0.10")
    assert page.locator("#study-mnist1d th[data-against]").inner_text() == "vs. hard"
    assert "▼*" in column(page, study_column(page, "digits"))[-1]


def test_baseline_without_a_finished_run(make_suite, tmp_path, open_page):
    """The page works, without marks, and another baseline can be chosen."""
    suite = make_suite(seeds=10)
    gone = {run["run"] for run in suite.of("none")}
    suite.runs = [run for run in suite.runs if run["run"] not in gone]
    leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "page")
    page = open_page("#study-mnist1d", page=(tmp_path / "page" / "index.html").as_uri())
    assert page.locator("#baseline").input_value() == "none"
    assert not re.search("[▲▼]", " ".join(column(page, study_column(page, "mnist1d"))))
    page.select_option("#baseline", "l2")
    assert page.locator(".matrix caption").inner_text().endswith("marks against l2")
    assert page.locator("#study-mnist1d table").count() > 1


@pytest.mark.parametrize("show", ["gap", "closed"])
def test_a_gap_stands_beside_its_score(open_page, show):
    page = open_page()
    page.select_option("#measure", show)
    texts = column(page, study_column(page, "digits"))
    assert len(texts) == 6
    assert all(re.search(r"score 0\.\d+", text) for text in texts)
    assert page.locator(".matrix caption").inner_text().startswith("Gap")


def test_address_holds_what_is_shown(open_page):
    """Another reader of the address sees the same, also after a click on a study."""
    page = open_page()
    page.select_option("#measure", "gap")
    page.select_option("#baseline", HOSTILE)
    page.get_by_role("button", name="digits", exact=True).click()
    select_methods(page, "soft", HOSTILE)
    page.locator(".matrix tbody tr:not([hidden]) td[data-study='text'] a").first.click()
    assert page.url.endswith("#study-text")
    other = open_page("?" + page.url.split("?")[1])
    for opened in (page, other):
        assert opened.locator("#measure").input_value() == "gap"
        assert opened.locator("#baseline").input_value() == HOSTILE
        assert opened.locator("#study-text").get_attribute("open") is not None
    assert [column(page, i) for i in range(3)] == [column(other, i) for i in range(3)]
    top = page.locator("#study-text > summary").bounding_box()["y"]
    assert top >= page.locator(".toolbar").bounding_box()["height"] - 1


@pytest.mark.parametrize("suffix", ["?show=nonsense&baseline=gone&sort=gone&method=gone", "#study-%", "#gone"])
def test_addresses_that_name_nothing(open_page, suffix):
    page = open_page(suffix)
    assert page.locator("#measure").input_value() == "score"
    assert page.locator("#baseline").input_value() == "none"


def test_study_is_made_when_it_is_opened(open_page):
    page = open_page()
    study = page.locator("#study-digits")
    assert study.locator("table, svg").count() == 0
    study.locator("summary").first.click()
    assert study.locator("table").count() > 1
    assert study.locator("svg").count() >= 3


def copied(page, text):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator("#matrix .export").get_by_role("button", name=re.compile(f"^copy as {text}"))
    button.click()
    button.filter(has_text="copied").wait_for()
    return page.evaluate("navigator.clipboard.readText()")


def test_copying_a_table(open_page):
    """It is the table as it is shown: sorted, filtered, against the baseline that is chosen."""
    page = open_page("?sort=digits&method=soft&method=hard&method=l2&baseline=l2")
    rows = list(csv.reader(copied(page, "CSV").splitlines()))
    assert rows[0][0] == "method"
    assert [row[0] for row in rows[1:]] == ["hard", "soft", "l2"]
    assert all(len(row) == len(rows[0]) for row in rows)
    scores = [float(row[rows[0].index("digits")]) for row in rows[1:]]
    assert scores == numbers(page, study_column(page, "digits"))
    assert rows[1][rows[0].index("digits mark")] == "▲*"
    lines = copied(page, "Markdown").splitlines()
    assert [line.split(" | ")[0] for line in lines] == ["| method", "| ---", "| hard", "| soft", "| l2"]
    latex = copied(page, "LaTeX")
    assert "\\toprule" in latex
    assert "$\\pm$" in latex
    assert "hard & " in latex


def test_copied_names_are_escaped(open_page):
    page = open_page()
    names = [row[0] for row in csv.reader(copied(page, "CSV").splitlines())]
    assert HOSTILE in names
    assert "\\<img" in copied(page, "Markdown")


def test_downloading_a_picture(open_page):
    """It stands alone: its colors are in it."""
    page = open_page("#study-mnist1d")
    with page.expect_download() as download:
        page.locator("#study-mnist1d figure .export button").first.click()
    text = download.value.path().read_text(encoding="utf-8")
    assert download.value.suggested_filename.endswith(".svg")
    assert text.startswith("<svg")
    assert 'fill="#1f2328"' in text


def test_print_shows_all_columns_and_pictures(open_page):
    page = open_page()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 1280
    assert page.locator("details.part:not([open])").count() == 0
    assert page.locator("#study-control svg").count() >= 3
    assert page.locator(".toolbar").is_hidden()


def test_without_a_script(open_page):
    """All tables and pictures are there."""
    page = open_page(java_script_enabled=False)
    assert page.locator("#study-digits table").first.is_visible()
    assert page.locator("#study-digits svg").first.is_visible()
    assert page.locator(".toolbar").is_hidden()


def test_colors_follow_the_system(open_page):
    colors = set()
    for scheme in ("light", "dark"):
        page = open_page("#study-digits", color_scheme=scheme)
        colors.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        colors.add(page.locator("#study-digits svg text").first.evaluate("element => getComputedStyle(element).fill"))
    assert len(colors) == 4


def test_names_run_nothing(open_page):
    """A hostile name is text, wherever it stands; `open_page` fails at any dialog or error."""
    page = open_page()
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    page.wait_for_function("!document.querySelector('noscript')")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert page.get_by_text(HOSTILE).count() > 5


def test_policy_stops_what_is_not_the_pages_own(browser, folder, tmp_path):
    """A script or a style that is put into the file does not run."""
    source = (folder / "index.html").read_text(encoding="utf-8")
    forged = source.replace("</main>", "<script>document.title = 'forged'</script><b style='color: red'>x</b></main>")
    assert forged != source
    (tmp_path / "forged.html").write_text(forged, encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "forged.html").as_uri())
    assert page.title() != "forged"
    assert page.locator("main > b").evaluate("element => getComputedStyle(element).color") != "rgb(255, 0, 0)"
    assert page.locator("#measure").is_visible()  # the page's own script runs
    page.close()


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 420, "height": 800}}])
def test_accessibility(open_page, options):
    """Axe finds nothing, with everything open."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_page(**options)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    page.wait_for_function("!document.querySelector('noscript')")
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
