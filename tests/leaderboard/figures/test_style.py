"""A family has one hue; its methods differ, and all colors can be seen on both pages."""

import colorsys
from itertools import combinations

import pytest

from sharegap.leaderboard.figures.style import SHADES, assign_styles
from sharegap.leaderboard.roles import read_roles
from tests.rows import facts_of

BACKGROUNDS = {"light": "#fcfcfb", "dark": "#16181b"}
METHODS = ["none", "hard", "soft", "l2", "dropout", "hard+l2", "hard+dropout", "narrow"]


def channels(color):
    return [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def luminance(color):
    """Relative luminance, as WCAG 2 defines it."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels(color)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(color, other):
    low, high = sorted((luminance(color), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("page", BACKGROUNDS)
def test_contrast_with_both_pages(page):
    for shades in SHADES.values():
        assert [shade for shade in shades if contrast(shade, BACKGROUNDS[page]) < 3] == []


def test_a_family_has_one_hue():
    """Its shades are nearer to each other than to those of any other family but the grey baseline."""
    hues = {family: [colorsys.rgb_to_hsv(*channels(shade))[0] for shade in shades] for family, shades in SHADES.items()}
    del hues["baseline"]
    distance = lambda a, b: min(abs(a - b), 1 - abs(a - b))  # noqa: E731
    for family, other in combinations(hues, 2):
        between = min(distance(a, b) for a in hues[family] for b in hues[other])
        within = [max(distance(a, b) for a in hues[name] for b in hues[name]) for name in (family, other)]
        assert max(within) < between


def test_families_are_what_methods_declare():
    roles = read_roles(facts_of("s", METHODS))
    assert [roles.family(method) for method in METHODS] == [
        "baseline", "sharing", "sharing", "regularizer", "regularizer",
        "sharing and regularizer", "sharing and regularizer", "control",
    ]  # fmt: skip


def test_a_control_that_shares_is_a_control():
    assert read_roles(facts_of("s", ["none", "hard_permuted"])).family("hard_permuted") == "control"


def test_thirty_methods_differ():
    methods = ["none", *[f"r{i}" for i in range(15)], *[f"hard+r{i}" for i in range(15)]]
    styles = assign_styles(methods, read_roles(facts_of("s", methods)))
    assert list(styles) == methods
    shown = [(style.color, style.marker, tuple(style.dash)) for style in styles.values()]
    assert len(set(shown)) == len(methods)
    for names in (methods[1:16], methods[16:]):
        lines = [(styles[name].color, tuple(styles[name].dash)) for name in names]
        points = [(styles[name].color, styles[name].marker) for name in names]
        assert len(set(lines)) == len(set(points)) == len(names)
        assert {styles[name].color for name in names} <= set(SHADES["regularizer"] + SHADES["sharing and regularizer"])
