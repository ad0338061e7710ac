"""docs/choose.md says what the command has and leaves."""

import re

from sharegap.commands.choose import ANSWER, CARD
from sharegap.execute.final_model import NEW_FILE, TEST_FILE
from sharegap.execute.saved_model import CONFIG, WEIGHTS
from sharegap.plan.question import OWN
from tests.helpers import ROOT

PAGE = (ROOT / "docs" / "choose.md").read_text()


def test_page_has_all_options_and_files():
    rows = " ".join(re.findall(r"^\| (`.*?`) \|", PAGE, re.M))
    for name in (*OWN, ANSWER, CARD, NEW_FILE, TEST_FILE, CONFIG, WEIGHTS):
        assert f"`{name}`" in rows
