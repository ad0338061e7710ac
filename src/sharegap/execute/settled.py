"""What was settled on for a question, kept so that the same command resumes it: timing anew would settle on another."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sharegap.atomic import write_atomic
from sharegap.errors import UserError
from sharegap.execute.budget import Budget, fit_budget
from sharegap.execute.contest import Contest
from sharegap.plan.question import QuestionOptions, Size
from sharegap.plan.run import Run

FILE = "choice.json"


@dataclass(frozen=True)
class Settled:
    """What is compared to answer a question.

    Args:
        options: of all runs.
        methods: the baseline first.
        size: how much is searched and measured of each.
        cut: what was left out for lack of time, in words.
        left_out: why methods are not compared, in words.
    """

    options: list[str]
    methods: list[str]
    size: Size
    cut: str
    left_out: list[str]

    @classmethod
    def of(cls, contest: Contest, question: QuestionOptions) -> "Settled":
        """Settle on as much of a contest as the time allows."""
        budget: Budget = fit_budget(contest.costs, question.minutes, trials=question.trials, seeds=question.seeds)
        return cls(contest.options, budget.methods, budget.size, budget.cut, contest.left_out)


def settle(
    folder: Path, run: Run, question: QuestionOptions, options: Sequence[str], find: Callable[[], Settled]
) -> Settled:
    """Return what was settled on for this question in a folder, or what `find` returns, which is then kept.

    Args:
        folder: the output folder.
        run: with the options of all runs, at its own method.
        question: the options of the command alone.
        options: of all runs, as typed.
        find: settles on something.

    Raises:
        UserError: where the folder holds the choice for other data.
    """
    path = folder / FILE
    asked = {"run": run.id, "options": list(options)} | question.model_dump(exclude={"members", "predict"})
    kept = _read(path)
    if kept and kept["data"] != run.config["dataset"]["load"]:
        raise UserError(f"out must be a folder for these data, got {folder}, the one for {kept['name']}: name another")
    if kept and kept["asked"] == asked:
        return _from_json(kept["settled"])
    settled = find()
    name = Path(str(_source(options))).name or run.config["dataset"]["name"]
    facts = {"name": name, "data": run.config["dataset"]["load"], "asked": asked, "settled": asdict(settled)}
    write_atomic(path, json.dumps(facts, indent=1).encode())
    return settled


def _from_json(facts: dict[str, Any]) -> Settled:
    rates = tuple(facts["size"]["learning_rates"])
    return Settled(**facts | {"size": Size(**facts["size"] | {"learning_rates": rates})})


def _source(options: Sequence[str]) -> str:
    """The file of the data, as it was typed; empty without one."""
    paths = [option.partition("=")[2] for option in options if option.partition("=")[0] == "dataset.path"]
    return paths[-1].strip("'\"") if paths else ""


def _read(path: Path) -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return kept if {"name", "data", "asked", "settled"} <= kept.keys() else None
