"""Sites layers, heads and embeddings: a transformer."""

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from sharegap.errors import UserError, check_range, unknown_name
from sharegap.models.network import Network, NetworkSpec, check_sizes, require_shapes, subsample
from sharegap.models.stacked_linear import SiteChoice
from sharegap.models.transformer_blocks import Blocks, normalize
from sharegap.models.transformer_ends import PatchEnds, TextEnds, draw_embedding

SiteName = Literal["layers", "heads", "embeddings"]


class Transformer(Network):
    """Apply a pre-norm transformer to tokens or to the patches of a sample.

    Tokens (context,) go through a causal decoder, which predicts the next token: outputs (tokens,) after the last, or
    (context, tokens) after each. Samples (channels, *size) are cut into patches that go through an encoder, whose mean
    a linear head takes (Dosovitskiy et al. 2021). Positions are learned. Normalizations have no weights of their own:
    the linear layers that follow have as much freedom.

    - Site `layers`: a block per layer. Hard sharing repeats one block (Universal Transformer, Dehghani et al. 2019;
      ALBERT, Lan et al. 2020).
    - Site `heads`: keys and values per head (Vaswani et al. 2017). Hard sharing has one for all heads: multi-query
      attention (Shazeer 2019); shared in groups it is grouped-query attention (Ainslie et al. 2023).
    - Site `embeddings`: of tokens, input and output. Hard sharing ties them (Press & Wolf 2017).

    Args:
        spec: Shapes of the samples and outputs, and the sharing strategy.
        width: Features of a token, >= 1.
        heads: Heads of the attention, >= 1.
        head_width: Features of a head, >= 1.
        hidden: Hidden features of the feed-forward network, >= 1.
        depth: Number of blocks, >= 1.
        patch: Size of a patch along each dimension, from 1 to the smallest size of a sample; not used for tokens.
        sites: The sites that the strategy relates, at least one.
        shared: The sites that are always shared hard; all others have independent copies.
        initial_std: Standard deviation of all initial weights, > 0, 0.02 in GPT-2 (Radford et al. 2019), and by
            sqrt(2 depth) smaller in the layers whose outputs are added up; biases are then 0. None: PyTorch's.

    Raises:
        IncompatibleShapeError: For samples or outputs of other shapes.
        UserError: For sizes out of range, or sites that are unknown or named twice.

    Example:
        >>> from sharegap.sharing import Hard
        >>> sizes = {"width": 8, "heads": 2, "head_width": 4, "hidden": 16, "depth": 3, "patch": 4}
        >>> network = Transformer(NetworkSpec((1, 40), (10,), Hard), **sizes, sites=["layers"])
        >>> network(torch.ones(5, 1, 40)).shape
        torch.Size([5, 10])
    """

    def __init__(
        self,
        spec: NetworkSpec,
        *,
        width: int,
        heads: int,
        head_width: int,
        hidden: int,
        depth: int,
        patch: int,
        sites: Sequence[SiteName],
        shared: Sequence[SiteName] = (),
        initial_std: float | None = None,
    ) -> None:
        super().__init__()
        check_sizes(width=width, heads=heads, head_width=head_width, hidden=hidden, depth=depth, patch=patch)
        _check_sites(sites, shared)
        if initial_std is not None:
            check_range("model.network.initial_std", initial_std, "(0, inf)")
        is_text = len(spec.sample_shape) == 1
        *positions, outputs = spec.output_shape or (0,)
        fits = positions in ([], list(spec.sample_shape)) if is_text else not positions and "embeddings" not in sites
        takes = "tokens, or, without the site embeddings, samples (channels, size, ...) of one class each"
        require_shapes(spec, fits and outputs > 0, takes, tokens=is_text)
        self.site = sites[0]
        choice = SiteChoice(spec.sharing, sites, shared)
        self.ends: TextEnds | PatchEnds
        if is_text:
            self.ends = TextEnds(choice, outputs, width, bool(positions), initial_std)
            tokens = spec.sample_shape[0]
        else:
            self.ends = PatchEnds(spec.sample_shape, patch, outputs, width, initial_std)
            tokens = self.ends.tokens
        self.positions = nn.Parameter(torch.empty(tokens, width))
        draw_embedding(self.positions.data, initial_std)
        self.first_hidden = spec.make_hidden_layer()
        self.blocks = Blocks(
            choice,
            width=width,
            heads=heads,
            head_width=head_width,
            hidden=hidden,
            depth=depth,
            is_causal=is_text,
            make_hidden_layer=spec.make_hidden_layer,
            initial_std=initial_std,
        )

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.ends.embed(x, self.input_regularizer)
        return self.ends.read(normalize(self.blocks(self.first_hidden(tokens + self.positions))))

    def representations(self, x: Tensor) -> Tensor:
        """Of layers, what each adds to the mean token; of heads, keys and values in the last block; both embeddings."""
        if self.site == "embeddings":
            assert isinstance(self.ends, TextEnds)
            return self.ends.embeddings()[:, subsample(x.flatten())]
        states = self.blocks.states(self.first_hidden(self.ends.embed(x, nn.Identity()) + self.positions))
        if self.site == "layers":
            return self.blocks.added(subsample(torch.stack(states[:-1], 1).flatten(0, 1))).mean(2)
        return self.blocks.keys_and_values(subsample(states[-2].flatten(0, 1)))


def _check_sites(sites: Sequence[str], shared: Sequence[str]) -> None:
    """Raise UserError unless at least one site is varied, and each is known and named once."""
    for site in (*sites, *shared):
        if site not in get_args(SiteName):
            raise unknown_name("site of this model", site, get_args(SiteName))
    if not sites:
        raise UserError("model.network.sites must be a list of at least one site, got []")
    named = [*sites, *shared]
    if len(set(named)) < len(named):
        raise UserError(f"model.network.sites and model.network.shared must name each site once, got {named}")
