"""W&B: one of its runs per finished run, and one per leaderboard, from what is stored."""

import os
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import ValidationError

from sharegap.errors import UserError, unknown_name
from sharegap.tracking.sender import RefusedError, Sender, UnreachableError
from sharegap.tracking.view import RunView

if TYPE_CHECKING:
    from wandb import Run, Settings

MODES = ("online", "offline")
IN_NO_PROJECT = "/\\#?%:"
IN_NO_ID = r"[:;,#?/']"
MAX_PROJECT = 128


class WandbTracker(Sender):
    """Send finished runs and leaderboards to Weights & Biases.

    Args:
        folder: where W&B keeps its files; `wandb sync` uploads those of offline runs later.
        project: W&B's project.
        mode: `online` or `offline`. None: the environment's WANDB_MODE, else online where a user is logged in.
        entity: the user or team that the project belongs to. None: W&B's default.
        runs: `chosen`: those that the leaderboard shows; `all`: those of the tuning too.

    Raises:
        UserError: for a project, mode or choice of runs that there is not.
    """

    seconds = 0.03  # measured offline

    def __init__(
        self, folder: Path, project: str, mode: str | None, entity: str | None = None, runs: str = "chosen"
    ) -> None:
        _check_options(project, mode)
        super().__init__(folder, "-".join(["wandb", *filter(None, [entity]), project]), runs)
        self.project, self.entity = project, entity
        try:
            self.settings = _settings(folder, mode)
        except Exception as error:  # whatever it is, the runs can be trained
            self.give_up(f"W&B is not set up ({_reason(error)}): nothing is logged there")
            return
        if self.settings.mode == "disabled":
            self.give_up("WANDB_MODE is disabled: nothing is logged to W&B")

    def send_run(self, view: RunView) -> None:
        """Send config, curve and summary. W&B's group is the view's, and its job type is the phase."""

        def log(run: "Run") -> None:
            for step, values in view.curve.items():
                run.log(values, step=step)
            run.summary.update(view.summary)

        options = {"group": view.group, "job_type": view.config.get("phase"), "name": view.name}
        self._log(view.config["run"], log, config=view.config, tags=view.tags, **options)

    def log_leaderboard(self, suite: str, table: pl.DataFrame, *, page: Path) -> None:
        """Send table and page, unless the table was sent as it is. The id of its run is the same each time.

        Args:
            suite: the name of the suite.
            table: one row per study and method.
            page: the file of its page, which may be missing.
        """
        if not self.reachable:
            return
        run_id = "leaderboard-" + re.sub(IN_NO_ID, "-", suite)

        def send(table: pl.DataFrame) -> None:
            options = {"group": f"{suite}: leaderboard", "job_type": "leaderboard", "name": f"{suite} leaderboard"}
            self._log(
                run_id, lambda run: _log_table(run, table, page), config={"suite": suite}, tags=[suite], **options
            )

        version = sha256(table.write_csv().encode()).hexdigest()
        if (run_id, version) not in self.marks:
            self._send([((run_id, version), table)], send)

    def _log(self, run_id: str, log: Callable[["Run"], None], **options: Any) -> None:
        """Log one of W&B's runs.

        Raises:
            RefusedError: where the server answers that it does not take it.
            UnreachableError: for any other error: the runs are stored, whatever it is.
        """
        import wandb

        settings = self.settings.model_copy()  # W&B writes the run's id into the settings that it is given
        options |= {"project": self.project, "entity": self.entity, "settings": settings}
        try:
            with wandb.init(id=run_id, reinit="create_new", **options) as run:
                log(run)
        except wandb.errors.UsageError as error:
            raise UnreachableError(f"W&B is not set up ({_reason(error)}): nothing more is logged there") from error
        except wandb.errors.Error as error:
            _raise_if_refused(run_id, _reason(error))
            raise UnreachableError(f"W&B cannot be reached ({_reason(error)}): nothing more is logged there") from error
        except Exception as error:
            state = "is not set up" if isinstance(error, ValueError) else "cannot be reached"
            raise UnreachableError(f"W&B {state} ({_reason(error)}): nothing more is logged there") from error


def _log_table(run: "Run", table: pl.DataFrame, page: Path) -> None:
    """Log a leaderboard to its run."""
    import wandb

    rows = wandb.Table(columns=[*table.columns], data=[list(row) for row in table.rows()])
    # Else W&B adds an artifact, whose file lies in the user's home and is found by its absolute path: an offline folder
    # could not be synced from another machine.
    rows.bind_to_run(run, "leaderboard", 0)
    logged: dict[str, Any] = {"leaderboard": rows}
    if page.exists():
        logged["page"] = wandb.Html(page.read_text(encoding="utf-8"), inject=False)
    run.log(logged)


def _raise_if_refused(run_id: str, reason: str) -> None:
    """Raise RefusedError where a server has answered, and not that it has a fault of its own."""
    kind = reason.replace(run_id, "")
    if "previously created and deleted" in reason:
        sentence = f"W&B takes no run of an id that was deleted there ({reason}): such runs are left out for good"
        raise RefusedError(sentence, kind, is_final=True)
    if "Timed out" not in reason or "HTTP 4" in reason:
        raise RefusedError(f"W&B refuses run {run_id} ({reason}): such runs are left out", kind)


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
        x_save_requirements=False,  # listing the installed packages takes three times what all else does
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
