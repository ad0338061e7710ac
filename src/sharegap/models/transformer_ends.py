"""What comes before and after the blocks of a transformer."""

from collections.abc import Callable, Sequence
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.models.patches import cut_patches, patch_shape
from sharegap.models.stacked_linear import SiteChoice
from sharegap.sharing import Site


def draw_embedding(copy: Tensor, std: float | None = None) -> Tensor:
    """Fill (..., width) in place.

    Args:
        copy: To be filled.
        std: Standard deviation; None: that with which logits of normalized features have the variance 1, as in
            `LanguageModel`.
    """
    return nn.init.normal_(copy, std=copy.shape[-1] ** -0.5 if std is None else std)


class TextEnds(nn.Module):
    """Embed tokens, and predict the next one, after each or after the last.

    Args:
        choice: Which sites are varied.
        tokens: Number of different tokens.
        width: Features of a token.
        predicts_all: Whether after each.
        initial_std: Of the embeddings, see `draw_embedding`.
    """

    def __init__(
        self, choice: SiteChoice, tokens: int, width: int, predicts_all: bool, initial_std: float | None = None
    ) -> None:
        super().__init__()
        self.predicts_all = predicts_all
        # Their inputs are tokens: of either embedding, a row belongs to one.
        site = Site("embeddings", (2,), inputs=(0, 1))
        init = partial(draw_embedding, std=initial_std)
        self.embeddings = choice.make_copies("embeddings", site, (tokens, width), init)

    def embed(self, x: Tensor, regularize: Callable[[Tensor], Tensor]) -> Tensor:
        """(batch, context) -> (batch, context, width)."""
        return regularize(F.embedding(x, self.embeddings()[0]))

    def read(self, features: Tensor) -> Tensor:
        """(batch, context, width) -> (batch, tokens), or (batch, context, tokens)."""
        return F.linear(features if self.predicts_all else features[:, -1], self.embeddings()[1])


class PatchEnds(nn.Module):
    """Embed the patches of a sample, and predict from their mean.

    Args:
        sample_shape: (channels, *size).
        patch: Size of a patch along each dimension; patches do not overlap.
        outputs: Numbers to predict.
        width: Features of a token.
        initial_std: Standard deviation of the initial weights, whose biases are then 0; None: PyTorch's.
    """

    def __init__(
        self, sample_shape: Sequence[int], patch: int, outputs: int, width: int, initial_std: float | None = None
    ) -> None:
        super().__init__()
        self.patch = patch
        self.tokens, features = patch_shape(sample_shape, patch, patch)
        self.first = nn.Linear(features, width)
        self.head = nn.Linear(width, outputs)
        if initial_std is None:
            return
        for layer in (self.first, self.head):
            nn.init.normal_(layer.weight, std=initial_std)
            nn.init.zeros_(layer.bias)

    def embed(self, x: Tensor, regularize: Callable[[Tensor], Tensor]) -> Tensor:
        """(batch, channels, *size) -> (batch, patches, width)."""
        return self.first(cut_patches(regularize(x), self.patch, self.patch))

    def read(self, features: Tensor) -> Tensor:
        """(batch, patches, width) -> (batch, outputs)."""
        return self.head(features.mean(1))
