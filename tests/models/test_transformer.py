"""The transformer is that of plain PyTorch, with as many parameters, under every way to share."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.models import NetworkSpec, Transformer
from sharegap.sharing import Grouped, Hard, Independent, LowRank
from tests.models.compare import outputs_on_own_inputs

CONTEXT, TOKENS, WIDTH, HEADS, HEAD_WIDTH, HIDDEN, DEPTH = 5, 7, 8, 4, 3, 10, 3
SIZES = {"width": WIDTH, "heads": HEADS, "head_width": HEAD_WIDTH, "hidden": HIDDEN, "depth": DEPTH, "patch": 4}


class Block(nn.Module):
    """Attention with some heads for keys and values, and a feed-forward network."""

    def __init__(self, kv_heads):
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH, elementwise_affine=False)
        self.query, self.merge = nn.Linear(WIDTH, HEADS * HEAD_WIDTH), nn.Linear(HEADS * HEAD_WIDTH, WIDTH)
        self.key, self.value = nn.Linear(WIDTH, kv_heads * HEAD_WIDTH), nn.Linear(WIDTH, kv_heads * HEAD_WIDTH)
        self.up, self.down = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)

    def forward(self, x):
        normal = self.norm(x)
        heads = [layer(normal).unflatten(2, (-1, HEAD_WIDTH)).mT for layer in (self.query, self.key, self.value)]
        query, key, value = (head.permute(0, 3, 1, 2) for head in heads)
        attended = F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
        x = x + self.merge(attended.transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.norm(x))))


class Plain(nn.Module):
    """A decoder: each of its blocks, or one block repeated."""

    def __init__(self, kv_heads=HEADS, is_tied=False, repeats_block=False):
        super().__init__()
        self.embedding, self.head = nn.Embedding(TOKENS, WIDTH), nn.Linear(WIDTH, TOKENS, bias=False)
        if is_tied:
            self.head.weight = self.embedding.weight
        self.positions = nn.Parameter(torch.randn(CONTEXT, WIDTH))
        block = Block(kv_heads)
        self.blocks = nn.ModuleList(block if repeats_block else Block(kv_heads) for _ in range(DEPTH))
        self.norm = nn.LayerNorm(WIDTH, elementwise_affine=False)

    def forward(self, x):
        x = self.embedding(x) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


@torch.no_grad()
def copy_weights(ours, theirs):
    """Gives the plain network our weights; of a layer, each of our heads has its keys before its values."""
    embeddings = ours.ends.embeddings()
    theirs.embedding.weight.copy_(embeddings[0])
    theirs.head.weight.copy_(embeddings[1])
    theirs.positions.copy_(ours.positions)
    for weights, block in zip(ours.blocks.weights(), theirs.blocks, strict=True):
        for name in ("query", "merge", "up", "down"):
            set_linear(getattr(block, name), *getattr(weights, name))
        by_head = [part.unflatten(0, (-1, 2, HEAD_WIDTH)) for part in weights.key_value]
        group = len(by_head[0]) * HEAD_WIDTH // block.key.out_features
        by_head = [part[::group] for part in by_head]
        set_linear(block.key, *(part[:, 0].flatten(0, 1) for part in by_head))
        set_linear(block.value, *(part[:, 1].flatten(0, 1) for part in by_head))


def set_linear(linear, weight, bias):
    linear.weight.copy_(weight)
    linear.bias.copy_(bias)


def two_groups(*args):
    return Grouped(*args, groups=2)


def make(sharing, sites, shared=(), output_shape=(CONTEXT, TOKENS)):
    return Transformer(NetworkSpec((CONTEXT,), output_shape, sharing), **SIZES, sites=sites, shared=shared)


ALBERT, MULTI_QUERY = {"repeats_block": True}, {"kv_heads": 1}
CASES = {
    "independent layers": (Independent, ["layers"], [], {}),
    "independent heads": (Independent, ["heads"], [], {}),
    "albert": (Hard, ["layers"], [], ALBERT),
    "multi-query": (Hard, ["heads"], [], MULTI_QUERY),
    "grouped-query": (two_groups, ["heads"], [], {"kv_heads": 2}),
    "tied": (Hard, ["embeddings"], [], {"is_tied": True}),
    "albert, heads varied": (Independent, ["heads"], ["layers"], ALBERT),
    "multi-query, layers varied": (Independent, ["layers"], ["heads", "embeddings"], MULTI_QUERY | {"is_tied": True}),
    "all varied": (Hard, ["layers", "heads", "embeddings"], [], ALBERT | MULTI_QUERY | {"is_tied": True}),
    "layers and heads": (Independent, ["heads", "layers"], [], {}),
}


@pytest.mark.parametrize(("sharing", "sites", "shared", "options"), CASES.values(), ids=CASES)
def test_is_the_plain_transformer(sharing, sites, shared, options):
    ours, theirs = make(sharing, sites, shared).double(), Plain(**options).double()
    assert unique_parameters(ours) == sum(parameter.numel() for parameter in theirs.parameters())
    copy_weights(ours, theirs)
    x = torch.randint(TOKENS, (6, CONTEXT))
    torch.testing.assert_close(ours(x), theirs(x))


def test_patches_go_through_torchs_encoder():
    sizes = SIZES | {"head_width": WIDTH // HEADS}
    ours = Transformer(NetworkSpec((2, 8, 8), (10,), Independent), **sizes, sites=["layers"]).double()
    options = {"activation": "gelu", "dropout": 0.0, "batch_first": True, "norm_first": True}
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, **options)
    theirs = nn.TransformerEncoder(layer, DEPTH, nn.LayerNorm(WIDTH), enable_nested_tensor=False).double()
    with torch.no_grad():
        for weights, block in zip(ours.blocks.weights(), theirs.layers, strict=True):
            for name, part in (("in_proj_weight", 0), ("in_proj_bias", 1)):
                key_value = weights.key_value[part].unflatten(0, (HEADS, 2, WIDTH // HEADS)).transpose(0, 1)
                getattr(block.self_attn, name).copy_(torch.cat([weights.query[part], key_value.flatten(0, 2)]))
            set_linear(block.self_attn.out_proj, *weights.merge)
            set_linear(block.linear1, *weights.up)
            set_linear(block.linear2, *weights.down)
    x = torch.randn(6, 2, 8, 8, dtype=torch.float64)
    patches = F.unfold(x, 4, stride=4).mT
    expected = ours.ends.head(theirs(ours.ends.first(patches) + ours.positions).mean(1))
    torch.testing.assert_close(ours(x), expected)


def test_deviations_of_low_rank_start_as_one_block():
    """A relaxed recursive transformer (Bae et al. 2025) starts as the recursive one."""
    relaxed = make(lambda *args: LowRank(*args, rank=2), ["layers"])
    first, *others = relaxed.blocks.weights()
    for block in others:
        for one, other in zip(first, block, strict=True):
            assert torch.equal(one[0], other[0])


def test_predicts_after_each_token_or_the_last():
    torch.manual_seed(0)
    every = make(Independent, ["layers"])
    torch.manual_seed(0)
    last = make(Independent, ["layers"], output_shape=(TOKENS,))
    x = torch.randint(TOKENS, (6, CONTEXT))
    assert torch.equal(every(x)[:, -1], last(x))
    changed = x.clone()
    changed[:, 3:] = (x[:, 3:] + 1) % TOKENS
    torch.testing.assert_close(every(x)[:, :3], every(changed)[:, :3])
    assert not torch.allclose(every(x)[:, 3], every(changed)[:, 3])


def test_representations_of_layers_are_what_they_add():
    network, x = make(Independent, ["layers"]).double(), torch.randint(TOKENS, (6, CONTEXT))
    states = torch.stack(network.blocks.states(network.ends.embed(x, nn.Identity()) + network.positions), 1)
    torch.testing.assert_close(outputs_on_own_inputs(network.representations(x)), states.diff(dim=1).mean(2))


def test_representations_of_embeddings_are_both():
    network = make(Independent, ["embeddings"])
    found = network.representations(torch.tensor([[1, 2, 2, 0, 6]]))
    assert torch.equal(found, network.ends.embeddings()[:, [1, 2, 2, 0, 6]])


@pytest.mark.parametrize(
    ("sites", "shared", "message"),
    [
        ([], [], "sites must be a list of at least one site"),
        (["head"], [], "no site of this model 'head': did you mean heads"),
        (["heads"], ["heads"], "must name each site once"),
    ],
)
def test_refuses_sites(sites, shared, message):
    with pytest.raises(UserError, match=message):
        make(Hard, sites, shared)


@pytest.mark.parametrize("shapes", [((4, 8), (2, 3)), ((5,), (6, 7)), ((2, 8), ()), ((1, 40), (10,))])
def test_refuses_shapes(shapes):
    with pytest.raises(UserError, match="this model takes tokens"):
        Transformer(NetworkSpec(*shapes, Hard), **SIZES, sites=["embeddings"])


@pytest.mark.parametrize(("sample_shape", "output_shape"), [((CONTEXT,), (TOKENS,)), ((1, 40), (10,))])
@pytest.mark.parametrize("sharing", [Independent, Hard])
def test_initial_weights_are_those_of_gpt2(sample_shape, output_shape, sharing):
    """All of one spread, those of layers that are added up of a smaller one; biases are 0."""
    spec = NetworkSpec(sample_shape, output_shape, sharing, has_tokens=len(sample_shape) == 1)
    sizes = SIZES | {"width": 64, "hidden": 64, "head_width": 16}
    network = Transformer(spec, **sizes, sites=["layers"], initial_std=0.02)
    for name, parameter in network.named_parameters():
        is_added = ".merge." in name or ".down." in name
        expected = 0.0 if "bias" in name else 0.02 / (2 * DEPTH) ** 0.5 if is_added else 0.02
        assert float(parameter.detach().std()) == pytest.approx(expected, rel=0.15), name


def test_refuses_initial_weights_without_spread():
    spec = NetworkSpec((CONTEXT,), (TOKENS,), Hard, has_tokens=True)
    with pytest.raises(UserError, match=r"model.network.initial_std must be in \(0, inf\), got 0"):
        Transformer(spec, **SIZES, sites=["layers"], initial_std=0)
