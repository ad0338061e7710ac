"""The first lines of a CSV file, which show what separates its fields."""

import csv
import re
from dataclasses import dataclass
from io import StringIO

from sharegap.data.formats.header import is_number

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
"""In the order of their preference."""
SNIFFED_BYTES, SNIFFED_LINES = 2**20, 500
"""How much of a file shows its form."""
DECIMAL_COMMA, DECIMAL_POINT = re.compile(r"[+-]?\d*,\d+"), re.compile(r"[+-]?\d*\.\d+")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


@dataclass(frozen=True)
class Head:
    """The first lines of a table.

    Args:
        separator: of fields.
        records: their fields.
    """

    separator: str
    records: list[list[str]]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.records[0]) if self.records else 0

    @property
    def fields(self) -> list[str]:
        """All fields, without spaces around them."""
        fields = []
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
    def has_decimal_commas(self) -> bool:
        """Whether numbers have decimal commas, and not commas between thousands."""
        commas = [field for field in self.fields if DECIMAL_COMMA.fullmatch(field)]
        if self.separator == "," or any(map(DECIMAL_POINT.fullmatch, self.fields)):
            return False
        return not all(map(THOUSANDS.fullmatch, commas))


def read_head(content: bytes) -> Head:
    """Read the first lines by the separator that explains them best."""
    text = content[:SNIFFED_BYTES].decode(errors="ignore")
    if len(content) > SNIFFED_BYTES:
        text = text[: text.rfind("\n") + 1]
    heads = [Head(separator, _records(text, separator)) for separator in SEPARATORS]
    best = max(heads, key=lambda head: head.score)
    if best.score < 0:
        # Not spaces, which separate the words of a sentence.
        wide = [head for head in heads if head.width > 1 and head.separator != " "]
        best = wide[0] if wide else heads[0]
    return best


def _records(text: str, separator: str) -> list[list[str]]:
    """The first lines as fields, without blank ones."""
    records: list[list[str]] = []
    if separator == " ":
        lines = [] if '"' in text else text.splitlines()
        reader = (line.split() for line in lines)
    else:
        reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    for record in reader:
        if len(records) == SNIFFED_LINES:
            break
        if any(map(str.strip, record)):
            records.append(record)
    return records
