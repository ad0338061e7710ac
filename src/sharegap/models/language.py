"""Embeddings: the tokens that are read and the tokens that are said."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.models.network import Hidden, Network, check_sizes, require_shapes, subsample
from sharegap.sharing import SharingFactory, Site


class LanguageModel(Network):
    """The next token from a window of tokens (Bengio et al. 2003): (batch, context) -> (batch, tokens).

    The embeddings of the tokens read and of those to be said are two copies of one matrix: with hard sharing, tied
    embeddings (Press & Wolf 2017).

    Args:
        sample_shape: (context,), the tokens that are read.
        output_shape: (tokens,).
        sharing: relates input and output embeddings.
        hidden: makes what follows the activation.
        embedding: features of a token.
        width: of the hidden layer.
    """

    def __init__(
        self,
        sample_shape: Sequence[int],
        output_shape: Sequence[int],
        sharing: SharingFactory,
        hidden: Hidden,
        embedding: int,
        width: int,
    ) -> None:
        super().__init__()
        fits = len(sample_shape) == 1 and len(output_shape) == 1
        require_shapes(fits, "windows of tokens", sample_shape, output_shape)
        check_sizes(embedding=embedding, width=width)
        [context], [tokens] = sample_shape, output_shape

        def init(one: Tensor) -> Tensor:
            return nn.init.normal_(one, std=embedding**-0.5)

        self.embeddings = sharing(Site("embeddings", (2,)), (tokens, embedding), init)
        self.first = nn.Linear(context * embedding, width)
        self.hidden = hidden()
        self.second = nn.Linear(width, embedding)
        self.bias = nn.Parameter(self.first.bias.new_zeros(tokens))

    def forward(self, x: Tensor) -> Tensor:
        read, said = self.embeddings().unbind(0)
        window = self.entry(F.embedding(x, read)).flatten(1)
        return F.linear(self.second(self.hidden(self.first(window).relu())), said, self.bias)

    def representations(self, x: Tensor) -> Tensor:
        """Both embeddings of the tokens that occur, as often as they do."""
        tokens = subsample(x.flatten())
        return self.embeddings()[:, tokens]
