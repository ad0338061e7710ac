"""Tying a linear layer to the weight of another module, in anybody's model."""

import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.sharing.strategy import torch_init


class TiedLinear(nn.Module):
    """A linear layer that reads its weight from `source` whenever it is called; its bias is its own.

    With `transpose=True` the decoder of a tied autoencoder: x @ W for the W (out, in) of an `nn.Linear`. Without, the
    output layer of a language model over its `nn.Embedding` (Press & Wolf 2017).

    The weight belongs to `source` alone: it is listed, counted and saved once, under the name it has there, and the
    tie survives `deepcopy` and pickling of the model that holds both, `load_state_dict(assign=True)`, `.to(...)` and
    safetensors, for there are no two names that would have to be tied again.
    """

    def __init__(self, source: nn.Module, transpose: bool = False) -> None:
        super().__init__()
        # In a tuple, where PyTorch does not take it for a part of this module.
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
        return F.linear(x, self.weight, self.bias)
