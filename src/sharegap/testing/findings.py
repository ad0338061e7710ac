"""How a check says what it found."""

from collections.abc import Iterator
from contextlib import contextmanager

from hydra.errors import InstantiationException
from torch import Tensor, allclose

from sharegap.errors import UserError


def require(condition: object, finding: str) -> None:
    """Raise AssertionError with the sentence `finding` unless `condition` holds."""
    if not condition:
        raise AssertionError(finding)


@contextmanager
def stating(action: str) -> Iterator[None]:
    """Turn what the checked code raises into an AssertionError that names `action`; a UserError stays itself."""
    try:
        yield
    except (UserError, AssertionError):
        raise
    except Exception as error:
        if isinstance(error, InstantiationException) and isinstance(error.__cause__, UserError):
            raise error.__cause__ from error
        cause = error.__cause__ if isinstance(error, InstantiationException) and error.__cause__ else error
        sentence = " ".join(str(cause).split())
        raise AssertionError(f"{action} raised {type(cause).__name__}: {sentence}") from error


def first_difference(expected: dict[str, Tensor], got: dict[str, Tensor], rel: float = 0.0) -> str | None:
    """Return the name of the first tensor that differs, or None; by default bit for bit.

    Args:
        expected: tensors by name.
        got: the same, and maybe others.
        rel: the difference that counts as rounding, relative to the largest number of the tensor.
    """
    for name, tensor in expected.items():
        bound = rel * tensor.abs().max().item()
        if name not in got or not allclose(got[name], tensor, rtol=0, atol=bound):
            return name
    return None
