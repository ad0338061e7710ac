"""W&B: one run of theirs per run of ours, written once the run is stored."""

import json
import math
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl
import wandb
from wandb.errors import Error as WandbError

from sharegap.tracking.tracker import RunLabels


class WandbTracker:
    """Tells W&B; where that fails it warns once and is silent from then on, for the results are stored already.

    Args:
        folder: where W&B keeps its files; `wandb sync` uploads those of offline runs later.
        project: W&B's project.
        mode: online or offline; None means online where a user is logged in.
    """

    seconds = 0.1  # as measured offline

    def __init__(self, folder: Path, project: str, mode: Literal["online", "offline"] | None) -> None:
        self.project = project
        by_login: Literal["online", "offline"] = "online" if wandb.login(prompt=False, verify=False) else "offline"
        self.settings = wandb.Settings(
            mode=mode or os.environ.get("WANDB_MODE") or by_login,  # type: ignore[arg-type]
            root_dir=str(folder),
            silent=True,
            console="off",
            init_timeout=30,
            x_disable_stats=True,
            disable_git=True,
            disable_code=True,
        )
        self.works = True

    def log_runs(self, rows: Sequence[tuple[Mapping[str, Any], Sequence[RunLabels]]]) -> None:
        """Config, curve and summary of each run; its group is the suite and its job type the method."""
        for row, meaning in rows:
            parts = (meaning.get(key) for key in ("study", "method", "strength", "seed"))
            curves = {name.removeprefix("curve_"): row[name] for name in row if name.startswith("curve_")}
            points = (dict(zip(curves, point, strict=True)) for point in zip(*curves.values(), strict=True))
            about = {
                "id": row["run"],
                "group": meaning.get("suite"),
                "job_type": meaning.get("method"),
                "name": " ".join(str(part) for part in parts if part is not None) or row["run"],
                "config": json.loads(row["config"]),
            }
            logs = [(point.pop("step"), _finite(point)) for point in points]
            extra_metrics = {
                f"{each['snapshot']} {each['part']} {each['name']}": each["value"] for each in row["extra_metrics"]
            }
            elsewhere = ("config", "extra_metrics", *(name for name in row if name[:6] == "curve_"))
            self._log(about, logs, {name: row[name] for name in row if name not in elsewhere} | extra_metrics)

    def log_leaderboard(self, suite: str, table: pl.DataFrame) -> None:
        """The leaderboard as a table, in a run of its own in the suite's group."""
        rows = wandb.Table(columns=[*table.columns], data=[list(row) for row in table.rows()])
        about = {"group": suite, "job_type": "leaderboard", "name": f"{suite} leaderboard"}
        self._log(about, [(0, {"leaderboard": rows})], {})

    def _log(
        self, about: Mapping[str, Any], logs: Iterable[tuple[int, dict[str, Any]]], summary: Mapping[str, Any]
    ) -> None:
        if not self.works:
            return
        try:
            settings = self.settings.model_copy()  # W&B writes each run's id into the settings that it is given
            with wandb.init(project=self.project, settings=settings, reinit="create_new", **about) as run:
                for step, values in logs:
                    run.log(values, step=step)
                run.summary.update(_finite(summary))
        except (WandbError, OSError, TimeoutError) as error:
            self.works = False
            warnings.warn(
                f"W&B cannot be reached ({str(error).splitlines()[0]}): nothing more is logged there, all results are "
                "in the output folder; logger=none or logger.mode=offline spares the attempt",
                stacklevel=2,
            )


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was not measured, which W&B would take for a figure."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and not (isinstance(value, float) and math.isnan(value))
    }
