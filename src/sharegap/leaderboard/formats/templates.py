"""The templates of the pages, and what all pages have in common: their style and their policy."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent
STYLES = (FOLDER / "page.css", FOLDER.parent / "figures" / "svg.css")


def render(template: str, *, script: str = "", **values: Any) -> str:
    """Render a template of this folder. It escapes what it shows, and refuses names that it is not given.

    The page's policy allows its one style and its `script`, by their hashes, and nothing else: a name that would be a
    script does not run even where it is not escaped.
    """
    templates = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = "".join(path.read_text(encoding="utf-8") for path in STYLES)
    scripts = f"'{_hash(script)}'" if script else "'none'"
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src {scripts}; base-uri 'none'; form-action 'none'"
    )
    return templates.get_template(template).render(style=style, script=script, policy=policy, **values)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
