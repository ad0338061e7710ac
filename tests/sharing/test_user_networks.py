"""Ties and penalties in small networks of the kinds that public projects have."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from sharegap.metrics import unique_parameters
from sharegap.sharing import TiedLinear, as_locally_connected, penalty_between, tie, untie

VOCABULARY, WIDTH = 11, 8


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
        self.attention = nn.MultiheadAttention(WIDTH, 2, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 16), nn.GELU(), nn.Linear(16, WIDTH))

    def forward(self, x):
        normed = self.norms[0](x)
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        x = x + self.attention(normed, normed, normed, attn_mask=mask, need_weights=False)[0]
        return x + self.mlp(self.norms[1](x))


class GPT(nn.Module):
    """A decoder-only transformer; `head` says how its output layer is tied to the embedding."""

    def __init__(self, head):
        super().__init__()
        self.transformer = nn.ModuleDict(
            {"tokens": nn.Embedding(VOCABULARY, WIDTH), "places": nn.Embedding(6, WIDTH), "block": Block()}
        )
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        if head == "by name":
            tie(self, target="lm_head", source="transformer.tokens")
        elif head == "by a layer":
            self.lm_head = TiedLinear(self.transformer.tokens, bias=False)
        elif head == "by assignment":
            self.lm_head.weight = self.transformer.tokens.weight

    def forward(self, tokens):
        x = self.transformer.tokens(tokens) + self.transformer.places.weight[: tokens.shape[1]]
        return self.lm_head(self.transformer.block(x))


def losses(model, loss, steps=3):
    """Train with Adam; return what the loss was before each step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    values = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss(model)
        value.backward()
        optimizer.step()
        values.append(value.item())
    return values


TOKENS = torch.randint(VOCABULARY, (4, 6), generator=torch.Generator().manual_seed(0))


def next_token_loss(model):
    return F.cross_entropy(model(TOKENS)[:, :-1].flatten(0, 1), TOKENS[:, 1:].flatten())


@pytest.mark.parametrize("head", ["by name", "by a layer"])
def test_gpt_trains_as_if_its_parameter_were_assigned(head):
    """From the same checkpoint, which has both names."""
    usual, tied = GPT("by assignment"), GPT(head)
    tied.load_state_dict(usual.state_dict())
    assert unique_parameters(tied) == unique_parameters(usual)
    assert losses(tied, next_token_loss) == pytest.approx(losses(usual, next_token_loss), rel=1e-5)
    # A tied checkpoint also loads into a model that is not tied, by way of its untied self.
    plain = GPT("not")
    plain.load_state_dict(untie(tied).state_dict())
    torch.testing.assert_close(plain(TOKENS), tied(TOKENS))
    assert unique_parameters(plain) == unique_parameters(usual) + VOCABULARY * WIDTH


def test_gpt_follows_a_larger_vocabulary():
    model = GPT("by name")
    larger = nn.Embedding(VOCABULARY + 3, WIDTH)
    with torch.no_grad():
        larger.weight[:VOCABULARY] = model.transformer.tokens.weight
    before = model(TOKENS)
    model.transformer["tokens"] = larger
    torch.testing.assert_close(model(TOKENS)[..., :VOCABULARY], before)


class Siamese(nn.Module):
    """Two towers on the two parts of a pair, with norms as encoders have them."""

    def __init__(self):
        super().__init__()
        self.towers = nn.ModuleDict({side: self.make_tower() for side in ("left", "right")})

    @staticmethod
    def make_tower():
        convolution = weight_norm(nn.Conv1d(1, 4, 3))
        return nn.Sequential(convolution, nn.BatchNorm1d(4), nn.ReLU(), nn.Flatten(), nn.Linear(28, 4))

    def forward(self, left, right):
        return (self.towers["left"](left) - self.towers["right"](right)).square().sum(1)


@pytest.mark.parametrize("distance", ["l2", "l1", "group", "cosine"])
def test_siamese_towers_grow_alike(distance):
    model, pairs = Siamese(), torch.randn(2, 6, 1, 9)
    before = penalty_between(model.towers, distance).item()
    losses(model, lambda model: 1e-3 * model(*pairs).mean() + penalty_between(model.towers, distance), steps=10)
    assert penalty_between(model.towers, distance).item() < 0.9 * before
    # Their buffers stay those of their own inputs.
    means = [tower[1].running_mean for tower in model.towers.values()]
    assert not torch.equal(*means)


class Autoencoder(nn.Module):
    def __init__(self, tied):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 6, 3, 2, 1, bias=False))
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(6, 4, 3, 2, 1, 1), nn.ReLU(), nn.ConvTranspose2d(4, 1, 3, 2, 1, 1)
        )
        if tied:
            tie(self, "decoder.0", "encoder.2")
            tie(self, "decoder.2", "encoder.0")

    def forward(self, x):
        return self.decoder(self.encoder(x).relu())


IMAGES = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def reconstruction_loss(model):
    return F.mse_loss(model(IMAGES), IMAGES)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_autoencoder_with_tied_transposes_trains(dtype):
    model = Autoencoder(tied=True)
    free = untie(model)

    def loss(model):
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            return reconstruction_loss(model)

    values = losses(model, loss, steps=10)
    assert values[-1] < values[0]
    assert torch.equal(model.decoder[2].weight, model.encoder[0].weight)
    assert unique_parameters(free) - unique_parameters(model) == 4 * 9 + 6 * 4 * 9
    assert free.state_dict().keys() == Autoencoder(tied=False).state_dict().keys()


def test_convolutions_of_an_encoder_lose_their_sharing():
    """A pretrained network goes on as a locally connected one, its first convolution frozen."""
    model = Autoencoder(tied=False)
    before = model(IMAGES)
    model.encoder[0].requires_grad_(False)
    model.encoder[0] = as_locally_connected(model.encoder[0], 8)
    model.encoder[2] = as_locally_connected(model.encoder[2], (4, 4))
    torch.testing.assert_close(model(IMAGES), before)
    assert model.encoder[2].bias is None
    reconstruction_loss(model).backward()
    assert model.encoder[0].weight.value.grad is None
    assert len(model.encoder[2].weight.value.grad.unique(dim=0)) == 4
