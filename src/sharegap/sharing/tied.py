"""Layers that compute with the weight of another layer of the same model."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from sharegap.errors import UserError
from sharegap.sharing.effective_weights import effective_weight, unwrap


class Tied(nn.Module):
    """Make a layer read its weight from another module at every use; mixed in before the layer's class.

    The other module is found by its name in a model. So the tie follows whatever stands at that name: a module that
    replaces it, wraps it, or computes its weight.
    """

    untied_class: type[nn.Module]
    """The layer with a weight of its own."""

    def tie_to(self, model: nn.Module, name: str, transpose: bool) -> None:
        """Read the weight of the module `name` of `model`, with its first two dimensions swapped or not."""
        self._source, self.transpose = _Source(model, name), transpose
        self._tied_shape = self._arrange(self._source.weight()).shape

    def move_source(self, model: nn.Module, name: str) -> None:
        """Find the source in `model` from now on, and accept checkpoints of the model that hold both names."""
        self._forget_model()
        self._source = _Source(model, name)
        self._load_hook = model.register_load_state_dict_pre_hook(self._accept_both_names)

    def find_source(self) -> nn.Module:
        """Return the module whose weight is read."""
        return self._source.find()

    @property
    def weight(self) -> Tensor:
        """The weight of the source, as this layer uses it."""
        weight = self._arrange(self._source.weight())
        # A trace would warn of the comparison.
        if torch.jit.is_tracing() or getattr(self, "bias", None) is None:
            return weight
        if weight.shape != self._tied_shape:
            raise UserError(
                "the source of a tied layer with a bias must keep its shape, "
                f"{tuple(self._tied_shape)} for this layer, got {tuple(weight.shape)}: tie again"
            )
        return weight

    def _arrange(self, weight: Tensor) -> Tensor:
        return weight.transpose(0, 1) if self.transpose else weight

    def untied(self) -> nn.Module:
        """Turn into a layer with a weight of its own, equal to the source's; `untie` calls this on a copy."""
        with torch.enable_grad():  # without it, a computed weight would look frozen
            weight = self.weight
        self._forget_model()
        del self._source, self._tied_shape, self.transpose
        self.__class__ = self.untied_class  # type: ignore[assignment]
        self.register_parameter("weight", nn.Parameter(weight.detach().clone(), weight.requires_grad))
        return self

    def _forget_model(self) -> None:
        """Leave the loading of checkpoints to the model."""
        if hasattr(self, "_load_hook"):
            self._load_hook.remove()
            del self._load_hook

    def _accept_both_names(self, model: nn.Module, state: dict[str, Any], prefix: str, *_: object) -> None:
        """Take this layer's weight out of a checkpoint that is about to be loaded, where it is the source's too."""
        names = [name for name, module in model.named_modules() if module is self]
        tied_key, source_key = f"{prefix}{''.join(names[:1])}.weight", f"{prefix}{self._source.name}.weight"
        if tied_key not in state:
            return
        weight = self._arrange(state.pop(tied_key))
        if source_key not in state:
            # A source whose weight is computed has none to load.
            if "weight" in unwrap(self.find_source())._parameters:
                state[source_key] = weight
        elif not torch.equal(weight, state[source_key]):
            raise UserError(
                f"{tied_key} must equal {source_key}, to which it is tied, got another in this checkpoint: load it "
                "into the model that is not tied"
            )


class _Source:
    """Where a tied layer finds its weight: the module `name` of `model`, the model itself if the name is empty.

    A plain object, because PyTorch would register a module as a part of the layer, and save its weight twice.
    """

    def __init__(self, model: nn.Module, name: str) -> None:
        self.model, self.name = model, name

    def find(self) -> nn.Module:
        module = find_module(self.model, self.name)
        if module is None:
            raise UserError(f"the source of a tied layer must be in its model, got no {self.name}: tie again")
        return module

    def weight(self) -> Tensor:
        module = self.find()
        weight = effective_weight(module)
        if weight is None or isinstance(weight, UninitializedParameter):
            raise UserError(f"the source of a tied layer must have a weight, got {type(module).__name__} without")
        return weight


def find_module(model: nn.Module, name: str) -> nn.Module | None:
    """Return the module of this name in a model, also through wrappers; None without one."""
    module: object = model
    for part in filter(None, name.split(".")):
        module = getattr(unwrap(module), part, None) if isinstance(module, nn.Module) else None
    return module if isinstance(module, nn.Module) else None
