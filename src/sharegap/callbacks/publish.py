"""What a trainer is asked and told: its strategy, the names that it logs, the figures."""

from collections.abc import Collection, Iterator
from typing import Any

from torch import Tensor

from sharegap.callbacks.weights import with_suffix
from sharegap.errors import UserError

WHOLE = {"SingleDeviceStrategy", "DDPStrategy"}
"""The strategies whose processes each hold the whole module, in both packages of Lightning."""


def check_strategy(strategy: Any) -> None:
    """Refuse strategies that divide the module among processes.

    Args:
        strategy: of a trainer of either package.

    Raises:
        UserError: for FSDP, DeepSpeed and the like.
    """
    names = {kind.__name__ for kind in type(strategy).__mro__}
    # DeepSpeed's strategy is a subclass of DDP's.
    if not names & WHOLE or "DeepSpeedStrategy" in names:
        raise UserError(f"the strategy must be a single device or DDP, got {type(strategy).__name__}")


def check_names(trainer: Any, names: Collection[str]) -> None:
    """Refuse a name of these figures that the module or another callback has logged.

    Args:
        trainer: of either package, in training.
        names: of the figures.

    Raises:
        UserError: for the first such name.
    """
    for name in _logged_names(trainer):
        if name in names:
            raise UserError(f"the module logs {name} itself: choose another name for this metric of GapMonitor")


def check_monitors(trainer: Any, monitor: Any) -> None:
    """Refuse two monitors that log one name.

    Args:
        trainer: of either package.
        monitor: one of its callbacks, with `names`.

    Raises:
        UserError: if another callback of its class logs one of these names.
    """
    others = [callback for callback in trainer.callbacks if isinstance(callback, type(monitor))]
    for other in others:
        names = monitor.names & other.names
        if other is not monitor and names:
            raise UserError(f"two GapMonitors must log different names, got {min(names)} twice")


def _logged_names(trainer: Any) -> Iterator[str]:
    """What has been logged so far, whether or not its value is known yet."""
    loop = trainer.fit_loop.epoch_loop
    for results in (loop._results, loop.val_loop._results):
        for metric in results.values():
            yield metric.meta.name
            if metric.meta.on_step and metric.meta.on_epoch:
                yield from (f"{metric.meta.name}_{when}" for when in ("step", "epoch"))


def looks_each_step(trainer: Any, names: Collection[str]) -> bool:
    """Return whether a scheduler looks at one of the figures after steps, not only after epochs.

    Args:
        trainer: of either package, in training.
        names: of the figures.
    """
    configs = [config for config in trainer.lr_scheduler_configs if config.interval == "step"]
    return any(config.monitor in names for config in configs)


def publish(trainer: Any, figures: dict[str, Tensor], suffix: str, epoch: int, has_ended: bool) -> None:
    """Hand figures to the trainer's loggers, and to those callbacks that monitor them.

    Args:
        trainer: of either package, in training.
        figures: by logged name.
        suffix: of the names where the weights are averages. Callbacks find the figures with and without it.
        epoch: that they belong to.
        has_ended: whether its last step was counted.
    """
    named = {f"{name}{suffix}": value for name, value in figures.items()}
    trainer.callback_metrics.update(with_suffix(figures, suffix))
    trainer.logged_metrics.update(named)
    # As Lightning counts: what is logged at the end of an epoch belongs to its last step.
    step = trainer.fit_loop.epoch_loop._batches_that_stepped - has_ended
    values = {name: value.item() for name, value in named.items()}
    for logger in trainer.loggers:
        logger.log_metrics(values | {"epoch": epoch}, step=step)
        logger.save()
