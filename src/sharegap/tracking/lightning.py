"""Any logger of Lightning: one of its runs per finished run, from what is stored."""

from functools import partial
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any

import polars as pl

from sharegap.errors import UserError
from sharegap.tracking.sender import Sender, UnreachableError
from sharegap.tracking.view import RunView


class LightningTracker(Sender):
    """Send finished runs to a logger of Lightning.

    Settings are its hyperparameters, curves are metrics by step, and final figures are metrics at the last step.

    Args:
        folder: the output folder.
        logger: makes a logger of Lightning, or of its interface. It is also given the run's id as `version` and its
            name as `run_name`, where it takes them.
        package: what the logger needs; None: what is installed.
        runs: `chosen`: those that the leaderboard shows; `all`: those of the tuning too.

    Raises:
        UserError: where the package is missing, or another choice of runs is asked for.
    """

    seconds = 0.2  # measured: MLflow's database takes 0.2 to 0.9, files 0.004 to 0.04

    def __init__(self, folder: Path, logger: partial[Any], package: str | None = None, runs: str = "chosen") -> None:
        if not isinstance(logger, partial):
            raise UserError("logger.logger must have _partial_: true, as each run has a logger of its own")
        if package and find_spec(package) is None:
            raise UserError(f"this logger needs {package}, which is not installed: pip install {package}")
        self.make_logger, self.program = logger, logger.func.__name__
        super().__init__(folder, self.program, runs)

    def send_run(self, view: RunView) -> None:
        """Send settings, curve and final figures."""
        options = {"version": view.config["run"], "run_name": view.name}
        taken = signature(self.make_logger).parameters.keys() - self.make_logger.keywords.keys()
        try:
            logger = self.make_logger(**{name: value for name, value in options.items() if name in taken})
            _log(logger, view)
        except Exception as error:  # whatever it is, the runs are stored
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UnreachableError(f"{self.program} fails ({reason}): nothing more is logged there") from error

    def log_leaderboard(self, suite: str, table: pl.DataFrame, *, page: Path) -> None:
        """Send nothing: Lightning's loggers have no tables."""


def _log(logger: Any, view: RunView) -> None:
    """Log a run to its logger, and close it."""
    if "metrics" in signature(logger.log_hyperparams).parameters:  # TensorBoard lists settings with figures alone
        logger.log_hyperparams(view.config, view.summary)
    else:
        logger.log_hyperparams(view.config)
    for step, values in view.curve.items():
        logger.log_metrics(values, step=step)
    logger.log_metrics(view.summary, step=max(view.curve, default=0))
    logger.finalize("success")
