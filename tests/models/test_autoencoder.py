import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sharegap.execute.build import build_objective
from sharegap.metrics import unique_parameters
from sharegap.models import Autoencoder, NetworkSpec
from sharegap.sharing import Hard, Independent
from tests.helpers import make_run
from tests.models.compare import assert_same


class Plain(nn.Module):
    """A tied autoencoder: the decoder's matrices are the encoder's, transposed."""

    def __init__(self, widths):
        super().__init__()
        sizes = [9, *widths]
        shapes = list(zip(widths, sizes, strict=False))
        self.matrices = nn.ParameterList(torch.zeros(shape) for shape in shapes)
        self.encoder_bias = nn.ParameterList(torch.zeros(out) for out, _ in shapes)
        self.decoder_bias = nn.ParameterList(torch.zeros(back) for _, back in shapes)

    def forward(self, x):
        x = x.flatten(1)
        for matrix, bias in zip(self.matrices, self.encoder_bias, strict=True):
            x = F.relu(F.linear(x, matrix, bias))
        for layer in range(len(self.matrices))[::-1]:
            x = F.linear(x, self.matrices[layer].T, self.decoder_bias[layer])
            x = F.relu(x) if layer else x
        return x


@pytest.mark.parametrize("widths", [[5], [5, 4], [6, 5, 3]])
def test_hard_is_the_tied_autoencoder(widths):
    ours = Autoencoder(NetworkSpec((1, 3, 3), (9,), Hard), widths=widths)
    assert_same(ours, Plain(widths), torch.randn(6, 1, 3, 3))


def test_unshared_has_two_matrices_per_layer():
    counts = {}
    for sharing in ("hard", "independent"):
        run = make_run("model=autoencoder", "dataset=digits_reconstruction", f"sharing={sharing}")
        counts[sharing] = unique_parameters(build_objective(run).network)
    assert counts == {"hard": 64 * 32 + 32 + 64, "independent": 2 * 64 * 32 + 32 + 64}


def test_the_decoder_uses_the_second_copy():
    network, x = Autoencoder(NetworkSpec((1, 3, 3), (9,), Independent), widths=[5]), torch.randn(6, 1, 3, 3)
    encoder, decoder = network.weights[0]()
    torch.testing.assert_close(network(x), (x.flatten(1) @ encoder.T).relu() @ decoder)  # biases start at zero


def test_representations_are_of_both_matrices():
    network, x = Autoencoder(NetworkSpec((1, 3, 3), (9,), Independent), widths=[5, 4]), torch.randn(6, 1, 3, 3)
    representations, matrices = network.representations(x), network.weights[0]()
    for copy in range(2):
        torch.testing.assert_close(representations[copy], F.linear(x.flatten(1), matrices[copy]).relu())
