"""How inputs and targets lie in a batch."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from sharegap.errors import UserError, is_out_of_memory

Predict = Callable[[Any, Any], tuple[Any, Any]]
Part = Callable[[Any], Any]
REMEDY = "say where they are with inputs= and targets=, or pass predict="


def make_predict(inputs: Part | None, targets: Part | None) -> Predict:
    """Return the function of a module and a batch that returns outputs and targets.

    Args:
        inputs: returns what the module takes; a tuple is several arguments. By default the batch's first part, or
            the batch itself if it is one tensor.
        targets: by default the batch's second part, or the batch itself if it is one tensor.

    Example:
        >>> import torch
        >>> predict = make_predict(lambda batch: batch["x"], lambda batch: batch["y"])
        >>> predict(torch.nn.Identity(), {"x": 1, "y": 2})
        (1, 2)
    """

    def predict(module: Any, batch: Any) -> tuple[Any, Any]:
        if inputs is None:
            outputs = module(split_pair(batch)[0])
        else:
            arguments = inputs(batch)
            outputs = module(*arguments) if isinstance(arguments, tuple) else module(arguments)
        return outputs, split_pair(batch)[1] if targets is None else targets(batch)

    return predict


def check_parts(parts: dict[str, Callable[..., Any] | None], weight: Any, has_metrics: bool, has_measure: bool) -> None:
    """Refuse options that are no functions, or of which one makes the other void.

    Args:
        parts: inputs, targets and predict.
        weight: of samples or values, which goes with all of them.
        has_metrics: whether metrics are given.
        has_measure: whether a step is.

    Raises:
        UserError: for the first such pair.
    """
    given = [name for name, part in parts.items() if part is not None]
    for name, part in {**parts, "weight": weight}.items():
        if part is not None and not callable(part):
            raise UserError(f"{name} must be a function, got {part!r}")
    if has_metrics == has_measure:
        raise UserError(f"either metrics or measure must be given, got {'both' if has_metrics else 'neither'}")
    if has_measure and given:
        raise UserError(f"{given[0]} must be left out beside measure: the step reads the batch itself")
    if parts["predict"] is not None and len(given) > 1:
        raise UserError(f"{given[0]} must be left out beside predict, which returns outputs and targets")


def split_pair(batch: Any) -> tuple[Any, Any]:
    """Return the inputs and targets of a batch (inputs, targets, ...); of one tensor, an autoencoder's, it twice.

    Args:
        batch: as the loader yields it.

    Raises:
        UserError: for a dict and anything else that does not tell.

    Example:
        >>> split_pair(["x", "y", "weight"])
        ('x', 'y')
    """
    if isinstance(batch, Tensor):
        return batch, batch
    if isinstance(batch, list | tuple) and batch:
        # A TensorDataset of one tensor yields a list of one.
        return batch[0], batch[min(1, len(batch) - 1)]
    raise UserError(f"a batch must be a tensor or (inputs, targets, ...), got {describe(batch)}: {REMEDY}")


def describe(batch: Any) -> str:
    """Return a few words for what a batch is.

    Example:
        >>> describe({"image": 1, "label": 2})
        'a dict of image, label'
    """
    if isinstance(batch, Mapping):
        return f"a {type(batch).__name__} of {', '.join(map(str, batch))}"
    if isinstance(batch, Tensor):
        return f"a tensor of shape {tuple(batch.shape)}"
    if isinstance(batch, list | tuple):
        return f"a {type(batch).__name__} of {len(batch)} parts"
    return f"a {type(batch).__name__}"


@contextmanager
def explain(subject: str, batch: Any, remedy: str = REMEDY) -> Iterator[None]:
    """Turn what a user's function raises about a batch into one sentence.

    Args:
        subject: what is computed.
        batch: as the loader yields it.
        remedy: what the user may do.

    Raises:
        UserError: instead of any error but those of memory.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        text = f"{type(error).__name__}: {error}".split("\n")[0][:200]
        raise UserError(f"{subject} cannot be computed of {describe(batch)} ({text}): {remedy}") from error
