"""The card of a chosen model: what it is, by which data and figures, and how it is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sharegap.leaderboard.answer import describe_setting
from sharegap.leaderboard.cells import Cell, format_cells
from sharegap.leaderboard.column import Column
from sharegap.leaderboard.report import Report

SCORES = (
    Column("test_score", "", interval=True),
    Column("validation_score", "", interval=True),
    Column("gap_score", "", interval=True),
)
CARD = """\
# The model for {study}

{answer}

## Data

{description}

* **Splits**: each of the {seeds} measured runs trained on {n_train:,} samples, and {n_validation:,} others were for
  validation. {tuning_seeds} other draws of the same sizes chose the settings. The {n_test:,} samples of the test part
  chose nothing.

## The model

* **Method**: {setting}. Model {model}, {parameters:,} parameters{members}.
* **Training**: {steps:,} steps on all {n_all:,} samples of the training part, those for validation among them.
* **Its own test {score_name}**: {own_score}. It chose nothing, but one network is one draw: the table has means.

```python
import sharegap

model = {load}
print(model({example}))
```

## Figures

Means and 95% intervals over seeds. The gap is how much better the training data are.

| method | test {score_name} | validation {score_name} | gap |
|---|---|---|---|
{rows}

## Made by

```bash
{command}
```

sharegap {version}. The page of all figures is `leaderboard/index.html`.
"""


@dataclass(frozen=True)
class ModelFacts:
    """What a card says beside the report of the study.

    Args:
        answer: the paragraph.
        description: of the data.
        split: numbers of samples: `n_train`, `n_validation` and `n_all`.
        row: of the run that is left.
        run: its config.
        method: whose it is.
        load: what loads the model, as Python.
        example: how new rows are given, as Python.
        version: of sharegap.
    """

    answer: str
    description: str
    split: Mapping[str, int]
    row: Mapping[str, Any]
    run: Mapping[str, Any]
    method: str
    load: str
    example: str
    version: str


def write_card(study: Report, facts: ModelFacts) -> str:
    """Return the card as Markdown."""
    (chosen,) = [row for row in study.rows if row["method"] == facts.method]
    members = facts.run["model"]["ensemble_size"]
    own = [entry["value"] for entry in facts.row["measurements"] if _is_score(entry)]
    return CARD.format(
        study=study.study_name,
        answer=facts.answer,
        description=facts.description or f"The data set {facts.run['dataset']['name']}.",
        seeds=chosen["seeds"],
        tuning_seeds=study.facts["tuning_seeds"],
        n_test=chosen["n_test"],
        setting=describe_setting(chosen),
        model=facts.run["model"]["name"],
        parameters=facts.row["unique_parameters"],
        members=f", {members} networks whose predictions are averaged" if members > 1 else "",
        steps=facts.run["training"]["steps"],
        score_name=study.score_name,
        own_score=f"{own[0]:.3f}",
        load=facts.load,
        example=facts.example,
        rows="\n".join(_rows(study)),
        command=study.command,
        version=facts.version,
        **facts.split,
    )


def _rows(study: Report) -> list[str]:
    columns = [format_cells(column, study.rows) for column in SCORES]
    lines = []
    for row, *cells in zip(study.rows, *columns, strict=True):
        lines.append(f"| {row['method']} | {' | '.join(map(_with_interval, cells))} |")
    for row in study.anchors.to_dicts():
        cells = [format_cells(column, [row])[0] for column in SCORES]
        lines.append(f"| *{row['anchor']}* | {' | '.join(map(_with_interval, cells))} |")
    return lines


def _with_interval(cell: Cell) -> str:
    return f"{cell.value} {cell.interval}".rstrip()


def _is_score(entry: Mapping[str, Any]) -> bool:
    return (entry["snapshot"], entry["split"], entry["metric"]) == ("final", "test", "score")
