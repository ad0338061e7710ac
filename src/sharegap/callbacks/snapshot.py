"""What a measurement leaves as it was: modes, buffers, Python attributes and random numbers of a module."""

import copy
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader, Dataset

Restore = Callable[[], None]
SIMPLE = (str, bytes, int, float, bool, complex, type(None), type, ModuleType, BuiltinFunctionType, torch.dtype)
SHARED = (FunctionType, MethodType, Dataset, DataLoader, Optimizer, LRScheduler, nn.Parameter)
"""What a measurement does not change, or what is too large to be copied."""
THREADS = {"queue", "_queue", "threading", "_thread", "concurrent.futures.thread", "multiprocessing.queues"}
"""The modules of what threads share: put back, it would be done twice, or never."""
FOREIGN = {"_trainer", "_fabric", "_modules", "_parameters"}
"""What a module's attributes lead to that is not its own state; its submodules are remembered one by one."""


@contextmanager
def undisturbed(modules: Iterable[nn.Module], apart: Iterable[object] = ()) -> Iterator[None]:
    """Restore afterwards what the modules hold beside their parameters: modes, buffers and Python attributes.

    Args:
        modules: each with its submodules. Lists, dicts, sets, tensors, random generators and objects in their
            attributes are restored in place. Data sets are not, nor what Python cannot look into.
        apart: objects that the attributes may lead to and that stay as the measurement leaves them.

    Example:
        >>> module = nn.Identity()
        >>> module.seen = [1]
        >>> with undisturbed([module]):
        ...     module.seen.append(2)
        >>> module.seen
        [1]
    """
    seen = set(map(id, apart))
    restores: list[Restore] = []
    for module in modules:
        for child in module.modules():
            _remember(vars(child), seen, restores, without=FOREIGN)
    try:
        yield
    finally:
        with torch.no_grad():
            for restore in restores:
                restore()


def _remember(value: Any, seen: set[int], restores: list[Restore], without: Iterable[str] = ()) -> None:
    """Add what restores a value, and all that it holds, in place."""
    if isinstance(value, SIMPLE + SHARED) or id(value) in seen or type(value).__module__ in THREADS:
        return
    seen.add(id(value))
    restore = _restore_of(value)
    if restore is not None:
        # `value` stays alive in it, so that its id in `seen` is not given to another object.
        restores.append(restore)
    if isinstance(value, dict):
        parts = [part for name, part in value.items() if name not in without]
    elif isinstance(value, list | tuple | set | deque):
        parts = list(value)
    else:
        # What torch.compile keeps is no state of the module, and is large.
        is_opaque = isinstance(value, Tensor) or type(value).__module__.startswith("torch._")
        parts = [] if is_opaque else [getattr(value, "__dict__", None)]
    for part in parts:
        _remember(part, seen, restores)


def _restore_of(value: Any) -> Restore | None:
    if isinstance(value, Tensor):
        return _restore_tensor(value)
    if isinstance(value, dict):
        return partial(_restore_dict, value, dict(value))
    if isinstance(value, list | deque):
        return partial(_restore_list, value, list(value))
    if isinstance(value, set):
        return partial(_restore_set, value, set(value))
    if isinstance(value, np.ndarray) and value.flags.writeable:
        return partial(np.copyto, value, value.copy())
    return _restore_generator(value)


def _restore_generator(value: Any) -> Restore | None:
    if isinstance(value, torch.Generator | np.random.RandomState):
        set_state: Callable[[Any], Any] = value.set_state
        return partial(set_state, value.get_state())
    if isinstance(value, random.Random):
        return partial(value.setstate, value.getstate())
    if isinstance(value, np.random.Generator):
        return partial(setattr, value.bit_generator, "state", copy.deepcopy(value.bit_generator.state))
    return None


# Only what changed is written: an object may be used by a thread of its own.
def _restore_dict(value: dict[Any, Any], saved: dict[Any, Any]) -> None:
    for key in [key for key in value if key not in saved]:
        del value[key]
    for key, part in saved.items():
        if key not in value or value[key] is not part:
            value[key] = part


def _restore_list(value: Any, saved: list[Any]) -> None:
    if list(map(id, value)) != list(map(id, saved)):
        value.clear()
        value.extend(saved)


def _restore_set(value: set[Any], saved: set[Any]) -> None:
    if value != saved:
        value.clear()
        value.update(saved)


def _restore_tensor(tensor: Tensor) -> Restore | None:
    if tensor.is_meta or tensor.layout != torch.strided:
        return None
    saved = tensor.detach().clone()

    def restore() -> None:
        # Copied only where it changed: what autograd has saved would count as changed, too.
        if not torch.equal(tensor.detach(), saved):
            tensor.detach().copy_(saved)

    return restore
