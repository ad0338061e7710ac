"""Networks as users write them, in plain PyTorch, with the sites that they would share."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import nn


class ConvBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return x + self.norm(self.conv(x)).relu()


class ResNet(nn.Module):
    """With batch normalization, whose running statistics are buffers."""

    sites: ClassVar = {"blocks": "blocks.*"}

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.blocks = nn.Sequential(*(ConvBlock(4) for _ in range(3)))
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))

    inputs = staticmethod(lambda: torch.randn(5, 1, 6, 6))


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.queries_keys_values, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        queries, keys, values = self.queries_keys_values(x).chunk(3, dim=-1)
        return self.out(F.scaled_dot_product_attention(queries, keys, values, is_causal=True))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.attn = nn.LayerNorm(width), Attention(width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, x):
        x = x + self.attn(self.norm(x))
        return x + self.mlp(x)


class GPT(nn.Module):
    """Two sites in one list of blocks; the output layer has the weight of the embedding."""

    sites: ClassVar = {"attention": "blocks.*.attn", "mlp": ["blocks.0.mlp", "blocks.1.mlp", "blocks.2.mlp"]}

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.blocks = nn.ModuleList(Block(4) for _ in range(3))

    def forward(self, tokens):
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x)
        return F.linear(x, self.embedding.weight)

    inputs = staticmethod(lambda: torch.randint(7, (5, 3)))


class Translator(nn.Module):
    """An encoder and a decoder, both recurrent."""

    sites: ClassVar = {"coders": ["encoder", "decoder"]}

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.GRU(3, 4, batch_first=True), nn.GRU(3, 4, batch_first=True)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        _, state = self.encoder(x)
        outputs, _ = self.decoder(x.flip(1), state)
        return self.head(outputs)

    inputs = staticmethod(lambda: torch.randn(5, 6, 3))


class Siamese(nn.Module):
    """Two towers for the two parts of a pair."""

    sites: ClassVar = {"towers": ["left", "right"]}

    def __init__(self):
        super().__init__()
        self.left, self.right = (nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3)) for _ in range(2))

    def forward(self, pair):
        return (self.left(pair[:, 0]) * self.right(pair[:, 1])).sum(1)

    inputs = staticmethod(lambda: torch.randn(5, 2, 6))


NETWORKS = [ResNet, GPT, Translator, Siamese]
