"""Site embeddings: input and output embeddings of a language model."""

import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.models.network import Network, NetworkSpec, check_sizes, require_shapes, subsample
from sharegap.sharing import Site


class LanguageModel(Network):
    """Predict the next token from a window of tokens (Bengio et al. 2003): (batch, context) -> (batch, tokens).

    The input and the output embeddings are two copies of one matrix. With hard sharing they are tied (Press & Wolf
    2017).

    Args:
        spec: Samples (context,), token numbers; outputs (tokens,), logits.
        embedding: Features of a token, >= 1.
        width: Width of the hidden layer, >= 1.

    Raises:
        IncompatibleShapeError: For samples or outputs of other shapes.
        UserError: For sizes out of range.

    Example:
        >>> import torch
        >>> from sharegap.sharing import Hard
        >>> network = LanguageModel(NetworkSpec((4,), (20,), Hard), embedding=8, width=16)
        >>> network(torch.randint(20, (5, 4))).shape
        torch.Size([5, 20])
    """

    def __init__(self, spec: NetworkSpec, *, embedding: int, width: int) -> None:
        super().__init__()
        fits = len(spec.sample_shape) == 1 and len(spec.output_shape) == 1
        require_shapes(spec, fits, "windows of tokens", tokens=True)
        check_sizes(embedding=embedding, width=width)
        [context], [tokens] = spec.sample_shape, spec.output_shape

        def init(copy: Tensor) -> Tensor:
            # The logits then have the variance of the features; with nn.Embedding's N(0, 1), `embedding` times that.
            return nn.init.normal_(copy, std=embedding**-0.5)

        # Their inputs are tokens: of either embedding, a row belongs to one.
        site = Site("embeddings", (2,), inputs=(0, 1))
        self.embeddings = spec.sharing(site, (tokens, embedding), init)
        self.first = nn.Linear(context * embedding, width)
        self.hidden_layer = spec.make_hidden_layer()
        self.second = nn.Linear(width, embedding)
        self.bias = nn.Parameter(self.first.bias.new_zeros(tokens))

    def forward(self, x: Tensor) -> Tensor:
        input_embedding, output_embedding = self.embeddings().unbind(0)
        window = self.input_regularizer(F.embedding(x, input_embedding)).flatten(1)
        features = self.second(self.hidden_layer(self.first(window).relu()))
        return F.linear(features, output_embedding, self.bias)

    def representations(self, x: Tensor) -> Tensor:
        """Both embeddings of the tokens in `x`, as often as they occur."""
        tokens = subsample(x.flatten())
        return self.embeddings()[:, tokens]
