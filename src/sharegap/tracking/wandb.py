"""W&B: one of its runs per finished run, from what is stored."""

import json
import math
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import ValidationError

from sharegap.errors import UserError, unknown_name
from sharegap.tracking.marks import Marks
from sharegap.tracking.tracker import RunLabels

if TYPE_CHECKING:
    from wandb import Settings

MODES = ("online", "offline")
IN_NO_PROJECT = "/\\#?%:"
MAX_PROJECT = 128


class WandbTracker:
    """Log finished runs and leaderboards to Weights & Biases.

    Where W&B is not set up or cannot be reached, it warns once and logs nothing more: a report stops no training, and
    the results are stored already. The next command logs them: the folder remembers what was logged.

    Args:
        folder: where W&B keeps its files; `wandb sync` uploads those of offline runs later.
        project: W&B's project.
        mode: `online` or `offline`. None: the environment's WANDB_MODE, else online where a user is logged in.

    Raises:
        UserError: for a project or mode that W&B does not have.
    """

    seconds = 0.1  # measured offline

    def __init__(self, folder: Path, project: str, mode: str | None) -> None:
        _check_options(project, mode)
        self.project, self.folder = project, folder
        self.marks = Marks(folder / "wandb" / "logged.parquet")
        self.reachable = True
        try:
            self.settings = _settings(folder, mode)
        except Exception as error:  # whatever it is, the runs can be trained
            self._give_up(f"W&B is not set up ({_reason(error)}): nothing is logged there")
            return
        if self.settings.mode == "disabled":
            self._give_up("WANDB_MODE is disabled: nothing is logged to W&B")

    def log_runs(self, runs: pl.DataFrame, labels: Mapping[str, Sequence[RunLabels]]) -> None:
        """Log config, curve and summary of each run that has no mark, and mark it.

        Its group is the suite and its job type the method. Curves are called `split/metric`, and the summary has
        `snapshot/split/metric`, or `snapshot/metric` where there is no split.

        Args:
            runs: stored rows, in the columns of RUNS.
            labels: by run, the rows of the plan that it stands for.
        """
        if not self.reachable:
            return
        unmarked, logged = self.marks.unmarked(runs), 0
        try:
            for row in unmarked.iter_rows(named=True):
                self._log_run(row, labels.get(row["run"], []))
                if not self.reachable:
                    break
                logged += 1
        finally:  # a signal may end this process here
            self.marks.add(unmarked.head(logged))

    def _log_run(self, row: Mapping[str, Any], labels: Sequence[RunLabels]) -> None:
        """Log one run."""
        methods = dict.fromkeys(label["method"] for label in labels)
        options = {
            "id": row["run"],
            "group": labels[0]["suite"] if labels else None,
            "job_type": ", ".join(methods) or None,
            "name": "; ".join(map(_display_name, labels)) or row["run"],
            "config": json.loads(row["config"]),
        }
        summary = dict(row)
        for name in ("config", "measurements", "curve"):
            del summary[name]
        for measurement in row["measurements"]:
            path = [measurement["snapshot"], measurement["metric"]]
            if measurement["split"] is not None:
                path.insert(1, measurement["split"])
            summary["/".join(path)] = measurement["value"]
        self._log(options, _curve_values(row), summary)

    def log_leaderboard(self, suite: str, table: pl.DataFrame) -> None:
        """Log the leaderboard as a table, in a run of its own in the suite's group.

        Args:
            suite: the name of the suite, which is the group.
            table: one row per study and method.
        """
        if not self.reachable:
            return
        import wandb

        rows = wandb.Table(columns=[*table.columns], data=[list(row) for row in table.rows()])
        options = {"group": suite, "job_type": "leaderboard", "name": f"{suite} leaderboard"}
        self._log(options, {0: {"leaderboard": rows}}, {})

    def _log(
        self, options: Mapping[str, Any], values_by_step: Mapping[int, dict[str, Any]], summary: Mapping[str, Any]
    ) -> None:
        import wandb
        from wandb.errors import UsageError

        try:
            settings = self.settings.model_copy()  # W&B writes the run's id into the settings that it is given
            with wandb.init(project=self.project, settings=settings, reinit="create_new", **options) as run:
                for step, values in values_by_step.items():
                    run.log(_measured(values), step=step)
                run.summary.update(_measured(summary))
        except Exception as error:  # whatever it is, the runs are stored
            state = "is not set up" if isinstance(error, UsageError | ValueError) else "cannot be reached"
            self._give_up(f"W&B {state} ({_reason(error)}): nothing more is logged there")

    def _give_up(self, sentence: str) -> None:
        self.reachable = False
        warnings.warn(f"{sentence}, and the results are in {self.folder}", stacklevel=3)


def _check_options(project: str, mode: str | None) -> None:
    if mode is not None and mode not in MODES:
        raise UserError(f"logger.mode: {unknown_name('mode', str(mode), MODES)}")
    is_name = isinstance(project, str) and 0 < len(project) <= MAX_PROJECT
    if not is_name or set(IN_NO_PROJECT) & set(project):
        raise UserError(
            f"logger.project must be a text of 1 to {MAX_PROJECT} signs without {' '.join(IN_NO_PROJECT)}, got "
            f"{project!r}"
        )


def _settings(folder: Path, mode: str | None) -> "Settings":
    """W&B's settings for our runs; what the environment has wrong is raised."""
    import wandb  # here, as it may be missing or broken

    mode = mode or os.environ.get("WANDB_MODE")
    if not mode:
        wandb.setup(wandb.Settings(silent=True))  # else it speaks of where it has found a key
        mode = "online" if wandb.login(prompt=False, verify=False) else "offline"
    return wandb.Settings(
        mode=mode,  # type: ignore[arg-type]
        root_dir=str(folder),
        silent=True,
        console="off",
        init_timeout=30,
        x_disable_stats=True,
        disable_git=True,
        disable_code=True,
    )


def _reason(error: Exception) -> str:
    """What is wrong, in one line."""
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed"
    if isinstance(error, ValidationError):
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        variable = f"WANDB_{name.upper()}"
        condition = wrong["msg"].replace("Input should be", "it must be")
        return f"{variable if variable in os.environ else name} is {wrong['input']!r}: {condition}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _display_name(labels: RunLabels) -> str:
    """Return e.g. `mnist1d soft, tune trial 1, seed 3`: the seeds of the two phases are others."""
    return f"{labels['study']} {labels['method']}, {labels['phase']} trial {labels['trial']}, seed {labels['seed']}"


def _curve_values(row: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """Return the values of the run's curves by step."""
    values_by_step: dict[int, dict[str, Any]] = {}
    for point in row["curve"]:
        values = values_by_step.setdefault(point["step"], {})
        values[f"{point['split']}/{point['metric']}"] = point["value"]
    return values_by_step


def _measured(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` without None and NaN, which W&B would show as figures."""
    measured = {}
    for name, value in values.items():
        is_nan = isinstance(value, float) and math.isnan(value)
        if value is not None and not is_nan:
            measured[name] = value
    return measured
