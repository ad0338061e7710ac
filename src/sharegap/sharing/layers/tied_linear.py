"""A linear layer that uses the weight of another module."""

from functools import cache
from weakref import WeakKeyDictionary

from torch import nn
from torch.nn.modules.module import register_module_module_registration_hook
from torch.nn.parameter import UninitializedParameter

from sharegap.errors import UserError
from sharegap.sharing.effective_weights import effective_weight
from sharegap.sharing.strategy import torch_init
from sharegap.sharing.tied import Tied


class TiedLinear(Tied, nn.Linear):  # type: ignore[override]  # whose weight is a plain attribute
    """Apply a linear layer that reads its weight from another module at every call; its bias is its own.

    With `transpose=True` it is the decoder of a tied autoencoder. Without, it is the output layer of a language model
    over its `nn.Embedding` (Press & Wolf 2017).

    The weight is registered in `source` only: it is listed, counted and saved once. So the tie survives `deepcopy` and
    pickling of the model that holds both, `load_state_dict(assign=True)`, `.to(...)` and safetensors. Once a model
    holds both, the tie follows the source's name in it, in the last one if there are several: whatever replaces or
    wraps the source is read.

    Args:
        source: A module with a `weight` (rows, columns), such as `nn.Linear` or `nn.Embedding`.
        transpose: Whether to use the weight transposed.
        bias: Whether to add a bias.

    Raises:
        UserError: For a source without such a weight.

    Example:
        >>> import torch
        >>> encoder = nn.Linear(64, 16)
        >>> decoder = TiedLinear(encoder, transpose=True)
        >>> nn.Sequential(encoder, nn.ReLU(), decoder)(torch.ones(5, 64)).shape
        torch.Size([5, 64])
    """

    untied_class = nn.Linear

    def __init__(self, source: nn.Module, transpose: bool = False, bias: bool = True) -> None:
        # Not that of nn.Linear, which would make a weight.
        nn.Module.__init__(self)
        _require_matrix(source)
        self.tie_to(source, "", transpose)
        self.out_features, self.in_features = self.weight.shape
        self.register_parameter("bias", nn.Parameter(self.weight.new_empty(self.out_features)) if bias else None)
        if bias:
            torch_init(self.in_features)(self.bias)
        _listen_to_registrations()


def _require_matrix(source: nn.Module) -> None:
    weight = effective_weight(source) if isinstance(source, nn.Module) else None
    if weight is None or isinstance(weight, UninitializedParameter) or weight.dim() != 2:
        raise UserError(
            "source must be a module with a weight of two dimensions, such as nn.Linear or nn.Embedding, got "
            f"{type(source).__name__}: `tie` ties convolutions"
        )


_WAITING: WeakKeyDictionary[nn.Module, list[TiedLinear]] = WeakKeyDictionary()
"""The tied layers of modules that do not hold their sources yet, but may become part of a model that does."""


@cache
def _listen_to_registrations() -> None:
    """Have PyTorch say which module becomes part of which: a module itself cannot know."""
    register_module_module_registration_hook(_find_sources)


def _find_sources(parent: nn.Module, name: str, child: nn.Module | None) -> None:
    """Make tied layers follow the names of their sources in the module that comes to hold both."""
    if child is None:
        return
    layers = _WAITING.pop(parent, []) + _WAITING.pop(child, [])
    if isinstance(child, TiedLinear):
        layers.append(child)
    if not layers:
        return
    # PyTorch registers the child after this.
    modules = [*parent.named_modules(), *child.named_modules(prefix=name)]
    names = {module: name for name, module in modules}
    for layer in layers:
        source = layer.find_source()
        if source in names:
            layer.move_source(parent, names[source])
        else:
            _WAITING.setdefault(parent, []).append(layer)
