"""A browser, and the page of a made-up suite in it: `make test-browser`."""

import shutil
from pathlib import Path

import pytest

from sharegap import leaderboard
from tests.made_up_suite import METHODS

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "<img src=x onerror=alert(1)></noscript></script><script>alert(1)</script>\"'`"


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by Playwright's client."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def folder(make_suite, tmp_path_factory) -> Path:
    """The leaderboard of a suite with a hostile name among its methods and one among its studies."""
    folder = tmp_path_factory.mktemp("browser")
    methods = METHODS | {HOSTILE: (0.7, 0.1, [0.1, 1.0])}
    suite = make_suite(studies=["mnist1d", "digits", "text", "control", f"study {HOSTILE}"], seeds=10, methods=methods)
    suite.turn("text")
    suite.negative_controls = ["control"]
    leaderboard.write(suite.store(folder), "made_up", folder / "leaderboard")
    return folder / "leaderboard"


@pytest.fixture(scope="session")
def address(folder) -> str:
    """The address of the page."""
    return (folder / "index.html").as_uri()


@pytest.fixture
def open_page(browser, address):
    """Opens the page in a fresh context: `open_page("?show=gap", color_scheme="dark")`. No script may fail in it."""
    contexts, complaints = [], []

    def open_address(suffix: str = "", page: str = address, **options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        tab.goto(page + suffix)
        if options.get("java_script_enabled", True):
            tab.locator(".toolbar").wait_for()
        return tab

    yield open_address
    for context in contexts:
        context.close()
    assert complaints == []
