"""One hue per family of methods. Shade, marker and dash tell its methods apart, the same in all figures of a page."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sharegap.leaderboard.roles import Family, MethodRoles

# The first of each hue is Okabe and Ito's, which color-blind readers can distinguish; their purple is darkened. The
# contrast of all is at least 3:1 with a light page and with a dark one, which leaves room for three shades.
SHADES: Mapping[Family, tuple[str, ...]] = {
    "baseline": ("#808080",),
    "sharing": ("#0072B2", "#2F93D1", "#5A7FB8"),
    "regularizer": ("#D55E00", "#AF4B00", "#E06A4E"),
    "sharing and regularizer": ("#009E73", "#007A59", "#2E9E5B"),
    "method": ("#8C7B00", "#7A6B00", "#9C8B1E"),
    "control": ("#BA6A96", "#9B4C86", "#A86BB0"),
}
MARKERS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left", "triangle-right")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 2])
"""Pixels of line and gap."""


@dataclass(frozen=True)
class Style:
    """How a method is drawn."""

    color: str
    marker: str
    dash: list[int]


def assign_styles(methods: Iterable[str], roles: MethodRoles) -> dict[str, Style]:
    """Assign a style to each method, in their order.

    Args:
        methods: The methods, each once.
        roles: The roles of the suite's methods.
    """
    styles = {}
    family_sizes: Counter[Family] = Counter()
    for method in methods:
        family = roles.family(method)
        i = family_sizes[family]
        family_sizes[family] += 1
        shades = SHADES[family]
        # Lengths without a common divisor: the combinations repeat late.
        styles[method] = Style(shades[i % len(shades)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
    return styles
