"""Which columns of a table are what."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from sharegap.data.formats.csv import clean_name
from sharegap.data.user.table_file import list_names
from sharegap.errors import UserError, unknown_name


@dataclass(frozen=True)
class Roles:
    """The columns that options name.

    Args:
        targets: to predict.
        inputs: to learn from; empty for all others.
        groups: of the samples' groups.
        tasks: of the samples' tasks.
        time: that orders the samples.
        categories: inputs that are texts, though they may look like numbers.
        leave_out: that are no inputs.
    """

    targets: list[str]
    inputs: list[str]
    groups: str | None
    tasks: str | None
    time: str | None
    categories: list[str]
    leave_out: list[str]

    @property
    def no_inputs(self) -> list[str]:
        """The columns that have another role than inputs."""
        return [*self.targets, *filter(None, (self.groups, self.tasks, self.time)), *self.leave_out]

    @property
    def as_text(self) -> list[str]:
        """The columns whose fields are wanted as they are written."""
        return [*self.targets, *filter(None, (self.groups, self.tasks)), *self.categories]

    def check(self, file: Path, frame: pl.DataFrame) -> None:
        """Check that the table has all named columns, and that none has two roles."""
        names = [*self.no_inputs, *self.inputs]
        check_names(file, frame, [*names, *self.categories])
        name, count = Counter(names).most_common(1)[0] if names else ("", 0)
        if count > 1:
            raise UserError(
                f"the column {name} must be in one of targets, inputs, groups, task_column, time_column and leave_out, "
                f"got it {count} times"
            )


def check_names(file: Path, frame: pl.DataFrame, names: Sequence[str]) -> None:
    """Raise a UserError unless the table has all named columns."""
    existing = set(frame.columns)
    for name in names:
        if name not in existing:
            is_named = frame.columns != [str(index + 1) for index in range(frame.width)]
            hint = "" if is_named else ", which has no line of names (or set dataset.header=true),"
            raise unknown_name(f"column in {file.name}{hint}", name, frame.columns)


def name_list(option: str, names: Any) -> list[str]:
    """Return the columns that an option names; what the parser of options has read as something else is asked."""
    found = []
    # A mapping is no list of its keys.
    is_one = isinstance(names, str | int | float | Mapping)
    for name in [names] if is_one else list(names or []):
        # An integer is spelled in one way only, or nearly so.
        if not isinstance(name, str) and type(name) is not int:
            raise UserError(f"{option} must hold names in quotes, got {name!r}: write them as '{option}=[\"...\"]'")
        found.append(clean_name(str(name)))
    return found


def one_name(option: str, name: Any) -> str | None:
    """Return the one column that an option names, or None."""
    names = name_list(option, name)
    if len(names) > 1:
        raise UserError(f"{option} must be one column, got {list_names(names)}")
    return names[0] if names else None
