"""Numbers with a unit, a currency, separated thousands or decimal commas."""

import re
from collections.abc import Mapping, Sequence

import polars as pl

Spelling = Mapping[str, str]
"""How values are written: the format of a `date`, or the spelling, `currency` and `unit` of `numbers`."""

QUANTITY = re.compile(
    r"(?P<currency>[€$£¥]?)\s*(?P<number>[+-]?(?:\d[\d.,'\s]*\d|\d|[.,]\d+)(?:[eE][+-]?\d+)?)\s*(?P<unit>[^\d\s.,][^\d]{0,11})?"
)
"""A number between a currency and a unit."""
GROUPS = {
    "spaces": re.compile(r"[+-]?\d{1,3}(\s\d{3})+([.,]\d+)?"),
    "apostrophes": re.compile(r"[+-]?\d{1,3}('\d{3})+([.,]\d+)?"),
    "commas": re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?"),
    "points": re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?"),
}
"""Numbers with separated thousands."""
PLAIN, DECIMAL_COMMA = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"), re.compile(r"[+-]?\d*,\d+")
SIGNS = {"spaces": r"\s", "apostrophes": "'", "commas": ",", "points": r"\."}


def read_quantities_like(column: pl.Series, spelling: Spelling) -> pl.Series:
    """Read numbers in one spelling and unit, in double precision; null where a text is none."""
    numbers: dict[str, float] = {}
    for text in column.drop_nulls().unique():
        match = QUANTITY.fullmatch(text)
        if not match or unit_of(match) != (spelling["currency"], spelling["unit"]):
            continue
        if _fits(match["number"], spelling["numbers"]):
            numbers[text] = float(_plain(match["number"], spelling["numbers"]))
    return column.replace_strict(numbers, default=None, return_dtype=pl.Float64)


def unit_of(match: re.Match[str]) -> tuple[str, str]:
    """Return currency and unit of a match of QUANTITY."""
    unit = (match["unit"] or "").strip()
    # Years and kgs, but neither ms nor s.
    return match["currency"], unit.removesuffix("s") if len(unit) > 2 else unit


def find_spelling(numbers: Sequence[str]) -> str | None:
    """Return how all numbers are written: "" as usual, or as "commas between thousands"; None if in no one way."""
    if all(_fits(number, "") for number in numbers):
        return ""
    for name, group in GROUPS.items():
        spelling = f"{name} between thousands"
        if any(map(group.fullmatch, numbers)) and all(_fits(number, spelling) for number in numbers):
            return spelling
    return "decimal commas" if all(_fits(number, "decimal commas") for number in numbers) else None


def _fits(number: str, spelling: str) -> bool:
    """Whether a number is written in a way, or without what would show it."""
    if not spelling:
        return bool(PLAIN.fullmatch(number))
    is_comma = bool(DECIMAL_COMMA.fullmatch(number))
    name = spelling.partition(" ")[0]
    if name not in GROUPS:
        return is_comma or number.lstrip("+-").isdigit()
    return bool(GROUPS[name].fullmatch(number) or PLAIN.fullmatch(number)) or (is_comma and name != "commas")


def _plain(number: str, spelling: str) -> str:
    """The number as Python writes it."""
    name = spelling.partition(" ")[0]
    if name in GROUPS and GROUPS[name].fullmatch(number):
        number = re.sub(SIGNS[name], "", number)
    return number.replace(",", ".")
