"""When the gap is measured."""

from dataclasses import dataclass

from sharegap.errors import UserError, as_int


@dataclass
class Schedule:
    """Say whether a measurement is due.

    Args:
        every_n_epochs: an integer >= 1, or None; 1 if nothing else is given.
        every_n_steps: an integer >= 1, or None.
        every_validation: whether to measure in each of the trainer's validations.

    Raises:
        UserError: if more than one is given.

    Example:
        >>> [Schedule(every_n_epochs=2).is_due_at_epoch(epoch) for epoch in (0, 1)]
        [False, True]
    """

    every_n_epochs: int | None = None
    every_n_steps: int | None = None
    every_validation: bool = False

    def __post_init__(self) -> None:
        given = [name for name, value in vars(self).items() if value not in (None, False)]
        if len(given) > 1:
            raise UserError(f"one of every_n_epochs, every_n_steps and every_validation must be given, got {given}")
        if not given:
            self.every_n_epochs = 1 if self.every_n_epochs is None else self.every_n_epochs
        for name in ("every_n_epochs", "every_n_steps"):
            value = getattr(self, name)
            setattr(self, name, None if value is None else as_int(name, value))

    def is_due_at_epoch(self, epoch: int) -> bool:
        """Whether to measure at the end of an epoch, counted from 0."""
        return self.every_n_epochs is not None and (epoch + 1) % self.every_n_epochs == 0

    def is_due_at_step(self, step: int, before: int) -> bool:
        """Whether to measure after `step` steps, of which `before` were taken a batch ago: several optimizers step."""
        return self.every_n_steps is not None and step // self.every_n_steps > before // self.every_n_steps
