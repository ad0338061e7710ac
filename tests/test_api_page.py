"""docs/api.md lists the public names, each with an example that runs."""

import doctest
import re
from pathlib import Path

import sharegap

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^\*\*`(\w+)`\*\*[^\n]*\n\n```python\n(.*?)```", PAGE, re.M | re.S))


def test_page_lists_the_public_names():
    assert sorted(ENTRIES) == sorted(dir(sharegap))
    for name, example in ENTRIES.items():
        assert f"sharegap.{name}" in example


def test_examples_run():
    # A fence would count as what the example before it prints.
    text = PAGE.replace("```python", "").replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, "api.md", "docs/api.md", 0)
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_docstrings_have_examples():
    # A type alias has no docstring.
    without = {name for name in sharegap.__all__ if ">>>" not in (getattr(sharegap, name).__doc__ or "")}
    assert without == {"SharingFactory"}
