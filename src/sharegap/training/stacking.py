"""Modules of one structure as one module whose parameters and buffers have a leading run axis."""

import copy
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from sharegap.errors import UserError

M = TypeVar("M", bound=nn.Module)


def stack(modules: Sequence[M]) -> M:
    """Stack modules into one like each of them, its tensors (runs, *shape); tied tensors stay tied.

    Raises:
        UserError: for modules that differ in something else than tensors.
    """
    for module in modules[1:]:
        _check_equal(modules[0], module)
    stacked = copy.deepcopy(modules[0])
    tensors = [named_tensors(module) for module in modules]
    stacked_by_id: dict[int, Tensor] = {}
    for name, tensor in tensors[0].items():
        if id(tensor) not in stacked_by_id:
            runs = torch.stack([by_name[name].detach() for by_name in tensors])
            if isinstance(tensor, nn.Parameter):
                runs = nn.Parameter(runs, requires_grad=tensor.requires_grad)
            stacked_by_id[id(tensor)] = runs
        owner, _, leaf = name.rpartition(".")
        setattr(stacked.get_submodule(owner), leaf, stacked_by_id[id(tensor)])
    return stacked


def vmap_runs(stacked: nn.Module, *inputs: Tensor, function: Callable[..., Tensor] | None = None) -> Tensor:
    """Compute `function(module, *inputs)` for each run at once, by default a call of the module: (runs, ...).

    Args:
        stacked: made by `stack`.
        inputs: each with a leading run axis.
        function: of one run's module and inputs.
    """
    state = named_tensors(stacked)
    module = stacked if function is None else _Call(stacked, function)
    prefix = "" if function is None else "module."

    def call_one(state: dict[str, Tensor], *inputs: Tensor) -> Tensor:
        parameters = {prefix + name: tensor for name, tensor in state.items()}
        # The state names tied tensors twice already.
        return functional_call(module, parameters, inputs, tie_weights=False)

    if next(iter(state.values())).shape[0] == 1:
        # Without vmap, which costs a single run a third.
        only_run = {name: tensor[0] for name, tensor in state.items()}
        return call_one(only_run, *(x[0] for x in inputs)).unsqueeze(0)
    return vmap(call_one)(state, *inputs)


def per_run(values: Tensor, stacked: Tensor) -> Tensor:
    """Return `values` (runs,) in a shape that broadcasts over a stacked tensor."""
    return values.view(-1, *(1,) * (stacked.dim() - 1))


def _check_equal(one: nn.Module, other: nn.Module) -> None:
    """Raise UserError where numbers that are no tensors differ: the fleet would take those of `one` for all."""
    for (name, module), (_, same) in zip(one.named_modules(), other.named_modules(), strict=True):
        for attribute, value in vars(module).items():
            if isinstance(value, int | float | str) and vars(same).get(attribute) != value:
                raise UserError(
                    f"{f'{name}.{attribute}'.lstrip('.')} must be a buffer (register_buffer), for it differs between "
                    "runs of one fleet"
                )


def named_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Return parameters and buffers by name, tied ones under each of their names."""
    return dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))


class _Call(nn.Module):
    """A function of a module as a module, which is what `functional_call` takes."""

    def __init__(self, module: nn.Module, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.module, self.function = module, function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(self.module, *inputs)
