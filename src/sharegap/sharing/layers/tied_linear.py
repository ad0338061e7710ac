"""A linear layer that uses the weight of another module."""

import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.sharing.strategy import torch_init


class TiedLinear(nn.Module):
    """Apply a linear layer that reads its weight from another module at every call; its bias is its own.

    With `transpose=True` it is the decoder of a tied autoencoder. Without, it is the output layer of a language model
    over its `nn.Embedding` (Press & Wolf 2017).

    The weight is registered in `source` only: it is listed, counted and saved once. So the tie survives `deepcopy` and
    pickling of the model that holds both, `load_state_dict(assign=True)`, `.to(...)` and safetensors.

    Args:
        source: A module with a `weight` (rows, columns), such as `nn.Linear` or `nn.Embedding`.
        transpose: Whether to use the weight transposed.

    Example:
        >>> import torch
        >>> encoder = nn.Linear(64, 16)
        >>> decoder = TiedLinear(encoder, transpose=True)
        >>> nn.Sequential(encoder, nn.ReLU(), decoder)(torch.ones(5, 64)).shape
        torch.Size([5, 64])
    """

    def __init__(self, source: nn.Module, transpose: bool = False) -> None:
        super().__init__()
        # In a tuple, because PyTorch would register a plain attribute as a submodule and save its weight twice.
        self._source = (source,)
        self.transpose = transpose
        out_features, in_features = self.weight.shape
        self.bias = nn.Parameter(self.weight.new_empty(out_features))
        torch_init(in_features)(self.bias)

    @property
    def weight(self) -> Tensor:
        """(out, in), as that of `nn.Linear`."""
        weight = self._source[0].weight
        assert isinstance(weight, Tensor)
        return weight.mT if self.transpose else weight

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        return F.linear(x, self.weight, self.bias)
