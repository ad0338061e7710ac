"""Networks in plain torch, as users write them: nothing of sharegap in them."""

import torch
from torch import nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.convolution = nn.Conv1d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x):
        return F.relu(x + self.norm(self.convolution(x)))


class ResNet(nn.Module):
    """With batch normalization; for (1, 40)."""

    def __init__(self, width=4):
        super().__init__()
        self.stem = nn.Conv1d(1, width, 5, stride=4)
        self.blocks = nn.ModuleList([ResidualBlock(width), ResidualBlock(width), ResidualBlock(width)])
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(-1))


def make_cnn(channels=4, dropout=0.0):
    """A small CNN for (1, 40)."""
    layers = [nn.Conv1d(1, channels, 5, stride=4), nn.ReLU()]
    for _ in range(2):
        layers += [nn.Conv1d(channels, channels, 3, padding=1), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(9 * channels, 10))


class Gru(nn.Module):
    """Two layers one after the other; for (1, 40) as ten steps of four numbers."""

    def __init__(self, width=4):
        super().__init__()
        self.layers = nn.ModuleList([nn.GRU(width, width, batch_first=True), nn.GRU(width, width, batch_first=True)])
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = x.view(len(x), 10, 4)
        for layer in self.layers:
            x, _ = layer(x)
        return self.head(x[:, -1])


class Block(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        parts = self.attention(self.first(x)).chunk(3, -1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout)
        x = x + self.projection(y.transpose(1, 2).flatten(2))
        return x + self.mlp(self.second(x))


class Gpt(nn.Module):
    """A small GPT for windows of tokens, with the initialization of its own that such networks have."""

    def __init__(self, tokens=12, context=8, width=8, depth=2, dropout=0.0):
        super().__init__()
        self.tokens, self.places = nn.Embedding(tokens, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, 2, dropout) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, tokens, bias=False)
        self.apply(self._init)

    def _init(self, module):
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)

    def forward(self, x):
        x = self.tokens(x) + self.places(torch.arange(x.shape[1], device=x.device))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))[:, -1]


class EncoderDecoder(nn.Module):
    """An autoencoder for images of 64 numbers, of transposed sizes: the site is its two middle layers."""

    def __init__(self, width=16, code=16):
        super().__init__()
        self.encoder = nn.ModuleList([nn.Linear(64, width), nn.Linear(width, code)])
        self.decoder = nn.ModuleList([nn.Linear(code, width), nn.Linear(width, 64)])

    def forward(self, x):
        shape = x.shape
        for layer in self.encoder:
            x = layer(x.flatten(1)).relu()
        x = self.decoder[0](x).relu()
        return self.decoder[1](x).view(shape)
