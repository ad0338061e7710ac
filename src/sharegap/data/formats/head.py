"""The first lines of a CSV file, which show what separates its fields."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO

from sharegap.data.formats.header import is_number

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
"""In the order of their preference."""
SNIFFED_BYTES, SNIFFED_LINES, MIN_LINES = 2**20, 500, 20
"""How much of a file shows its form: so many bytes, or more if they hold few lines."""
DECIMAL_COMMA, DECIMAL_POINT = re.compile(r"[+-]?\d*,\d+"), re.compile(r"[+-]?\d*\.\d+")
THOUSANDS, POINT_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+"), re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")

CODE = re.compile(r"0\d+")


@dataclass(frozen=True)
class Head:
    """The first lines of a table.

    Args:
        separator: of fields.
        records: their fields, as many names as columns.
        is_short: whether the line of names lacks one: that of the rows, as R writes, or that of an empty last column.
    """

    separator: str
    records: list[list[str]]
    is_short: bool = False

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.records[0]) if self.records else 0

    @property
    def fields(self) -> list[str]:
        """All fields, without spaces around them."""
        fields: list[str] = []
        for record in self.records:
            fields.extend(field.strip() for field in record)
        return fields

    @property
    def score(self) -> float:
        """How well the separator explains the lines: the share of numbers, or -1 where the lines differ in length."""
        widths = {len(record) for record in self.records}
        if len(widths) != 1 or widths == {1}:
            return -1
        # With commas between fields, numbers have points.
        numbers = [field for field in self.fields if is_number(field) and (self.separator != "," or "," not in field)]
        return len(numbers) / len(self.fields)

    @property
    def may_have_thousands(self) -> bool:
        """Whether points may stand between thousands: 999 has none, and 1.000 has one."""
        if self.separator == ",":
            return False
        for fields in zip(*self.records[1:], strict=False):
            numbers = [field.strip() for field in fields if is_number(field)]
            points = [number for number in numbers if "." in number]
            if 0 < len(points) < len(numbers) and all(map(POINT_THOUSANDS.fullmatch, points)):
                return True
        return False

    @property
    def code_columns(self) -> list[int]:
        """The columns of digits of which some begin with a zero: as numbers, they would lose it."""
        found = []
        for index, fields in enumerate(zip(*self.records[1:], strict=False)):
            values = [field.strip() for field in fields if field.strip()]
            if all(map(str.isdigit, values)) and any(map(CODE.fullmatch, values)):
                found.append(index)
        return found

    @property
    def has_decimal_commas(self) -> bool:
        """Whether numbers have decimal commas, and not commas between thousands."""
        commas = [field for field in self.fields if DECIMAL_COMMA.fullmatch(field)]
        if self.separator == "," or any(map(DECIMAL_POINT.fullmatch, self.fields)):
            return False
        return not all(map(THOUSANDS.fullmatch, commas))


def read_head(content: bytes, separators: Iterable[str] = SEPARATORS) -> Head:
    """Read the first lines by the separator that explains them best."""
    size = SNIFFED_BYTES
    while size < len(content) and content.count(b"\n", 0, size) < MIN_LINES:
        size *= 2
    text = content[:size].decode(errors="ignore")
    if size < len(content):
        text = text[: text.rfind("\n") + 1]
    heads = [_with_all_names(Head(separator, _records(text, separator))) for separator in separators]
    best = max(heads, key=lambda head: head.score)
    if best.score < 0:
        # Not spaces, which separate the words of a sentence.
        wide = [head for head in heads if head.width > 1 and head.separator != " "]
        best = wide[0] if wide else heads[0]
    return best


def _with_all_names(head: Head) -> Head:
    """The head with a name in its first line for each column, where one is lacking."""
    first, rows = head.records[:1], head.records[1:]
    if not rows or {len(row) for row in rows} != {len(first[0]) + 1}:
        return head
    if not any(row[-1].strip() for row in rows):
        return Head(head.separator, [[*first[0], ""], *rows], is_short=True)
    labels = {row[0].strip() for row in rows}
    if len(labels) == len(rows) and not any(DECIMAL_POINT.match(label) for label in labels):
        return Head(head.separator, [["", *first[0]], *rows], is_short=True)
    return head


def _records(text: str, separator: str) -> list[list[str]]:
    """The first lines as fields, without blank ones."""
    records: list[list[str]] = []
    if separator == " ":
        text = "\n".join(" ".join(line.split()) for line in text.splitlines())
    try:
        for record in csv.reader(StringIO(text, newline=""), delimiter=separator):
            if len(records) == SNIFFED_LINES:
                break
            if any(map(str.strip, record)):
                records.append(record)
    except csv.Error:  # a long line without the separator, among others
        return []
    return records
