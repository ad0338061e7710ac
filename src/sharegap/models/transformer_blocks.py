"""The blocks of a transformer: attention and a feed-forward network, each after a normalization."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.models.stacked_linear import SiteChoice, StackedLinear

Linear = tuple[Tensor, Tensor]
"""A weight (out, in) and a bias (out,)."""


class BlockWeights(NamedTuple):
    """What a block applies, in order; `key_value` has the keys and values of each head, or of one for all."""

    query: Linear
    key_value: Linear
    merge: Linear
    up: Linear
    down: Linear


def normalize(x: Tensor) -> Tensor:
    """Standardize the features of each token; the linear layer that follows has the gain and the bias."""
    return F.layer_norm(x, x.shape[-1:])


def attention(query: Tensor, key: Tensor, value: Tensor, is_causal: bool) -> Tensor:
    """Let each token attend to all, or to itself and those before it: (batch, heads, tokens, head_width).

    It is `F.scaled_dot_product_attention`, which cannot be batched over runs on a CPU. Keys and values may have one
    head for all queries.
    """
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    if is_causal:
        is_later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(is_later, -math.inf)
    return scores.softmax(-1) @ value


class Blocks(nn.Module):
    """Apply pre-norm transformer blocks (Xiong et al. 2020): (batch, tokens, width) -> the same.

    Args:
        choice: Which sites are varied. Of the layers, attention is the first that is shared, the feed-forward network
            the second.
        width: Features of a token.
        heads: Heads of the attention.
        head_width: Features of a head.
        hidden: Hidden features of the feed-forward network.
        depth: Number of blocks.
        is_causal: Whether tokens attend to those before them only.
        make_hidden_layer: Makes what follows attention and feed-forward network.
        initial_std: Standard deviation of the initial weights, by sqrt(2 depth) smaller in the layers whose outputs are
            added up, as in GPT-2; None: PyTorch's.
    """

    def __init__(
        self,
        choice: SiteChoice,
        *,
        width: int,
        heads: int,
        head_width: int,
        hidden: int,
        depth: int,
        is_causal: bool,
        make_hidden_layer: Callable[[], nn.Module],
        initial_std: float | None = None,
    ) -> None:
        super().__init__()
        self.heads, self.head_width, self.is_causal = heads, head_width, is_causal
        inner = heads * head_width

        added_std = None if initial_std is None else initial_std / math.sqrt(2 * depth)

        def make(
            number: int, in_features: int, out_features: int, heads: int = 1, std: float | None = initial_std
        ) -> StackedLinear:
            return StackedLinear(
                choice,
                depth=depth,
                number=number,
                in_features=in_features,
                out_features=out_features,
                heads=heads,
                initial_std=std,
            )

        self.query, self.key_value, self.merge = (
            make(0, width, inner),
            make(0, width, 2 * inner, heads),
            make(0, inner, width, std=added_std),
        )
        self.up, self.down = make(1, width, hidden), make(1, hidden, width, std=added_std)
        self.hidden_layers = nn.ModuleList(make_hidden_layer() for _ in range(2 * depth))

    def weights(self) -> list[BlockWeights]:
        """Return the weights of every block; all copies once, as a strategy may compute them."""
        layers = (self.query, self.key_value, self.merge, self.up, self.down)
        return [BlockWeights(*block) for block in zip(*(layer() for layer in layers), strict=True)]

    def forward(self, x: Tensor) -> Tensor:
        return self.states(x)[-1]

    def states(self, x: Tensor) -> list[Tensor]:
        """Return the input of each block and the output of the last: depth + 1 tensors (batch, tokens, width)."""
        states, hidden_layers = [x], iter(self.hidden_layers)
        for weights in self.weights():
            x = x + next(hidden_layers)(self.attend(x, weights))
            x = x + next(hidden_layers)(self.feed_forward(x, weights))
            states.append(x)
        return states

    def attend(self, x: Tensor, weights: BlockWeights) -> Tensor:
        """What attention adds, (batch, tokens, width)."""
        x = normalize(x)
        query = F.linear(x, *weights.query).unflatten(-1, (self.heads, self.head_width))
        # (batch, tokens, heads or 1, keys and values, head_width)
        key_value = F.linear(x, *weights.key_value).unflatten(-1, (-1, 2, self.head_width))
        key, value = key_value.unbind(-2)
        heads = attention(query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), self.is_causal)
        return F.linear(heads.transpose(1, 2).flatten(2), *weights.merge)

    def feed_forward(self, x: Tensor, weights: BlockWeights) -> Tensor:
        """What the feed-forward network adds, (batch, tokens, width)."""
        return F.linear(F.gelu(F.linear(normalize(x), *weights.up)), *weights.down)

    def added(self, x: Tensor) -> Tensor:
        """What each block adds to the same tokens, without hidden layers: (depth, batch, tokens, width)."""
        blocks = []
        for weights in self.weights():
            attended = x + self.attend(x, weights)
            blocks.append(attended + self.feed_forward(attended, weights) - x)
        return torch.stack(blocks)

    def keys_and_values(self, x: Tensor) -> Tensor:
        """What each head of the last block makes of the same tokens: (samples, width) -> (heads, samples, features)."""
        key_value = F.linear(normalize(x), *self.weights()[-1].key_value).unflatten(-1, (-1, 2 * self.head_width))
        return key_value.expand(-1, self.heads, -1).transpose(0, 1)
