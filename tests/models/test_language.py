import torch
from torch import nn

from sharegap.execute.build import build_objective
from sharegap.metrics import unique_parameters
from sharegap.models import LanguageModel, NetworkSpec
from sharegap.sharing import Independent
from tests.helpers import make_run

INNER = (4 * 16 * 64 + 64) + (64 * 16 + 16)


class Plain(nn.Module):
    """A language model of a window, its output layer tied to the embedding."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(64, 16)
        self.inner = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
        self.output = nn.Linear(16, 64)
        self.output.weight = self.embedding.weight

    def forward(self, x):
        return self.output(self.inner(self.embedding(x)))


def build(sharing):
    return build_objective(make_run("model=language", "dataset=markov_text", f"sharing={sharing}")).network


def test_hard_is_the_model_with_tied_embeddings():
    ours, theirs = build("hard"), Plain()
    assert unique_parameters(ours) == unique_parameters(theirs) == 64 * 16 + INNER + 64
    nn.init.normal_(ours.bias)
    with torch.no_grad():
        theirs.embedding.weight.copy_(ours.embeddings.value)
        theirs.output.bias.copy_(ours.bias)
    theirs.inner[1].load_state_dict(ours.first.state_dict())
    theirs.inner[3].load_state_dict(ours.second.state_dict())
    x = torch.randint(64, (8, 4))
    torch.testing.assert_close(ours(x), theirs(x))
    for network in (ours, theirs):
        network(x).square().sum().backward()
    torch.testing.assert_close(ours.embeddings.value.grad, theirs.embedding.weight.grad, rtol=1e-4, atol=1e-4)


def test_unshared_has_two_embeddings():
    assert unique_parameters(build("independent")) == 2 * 64 * 16 + INNER + 64


def test_the_first_copy_is_the_input_embedding():
    network = LanguageModel(NetworkSpec((3,), (7,), Independent), embedding=4, width=50)
    network(torch.tensor([[1, 2, 2]]))[0, 6].backward()
    inputs, outputs = network.embeddings.value.grad
    assert inputs.any(1).nonzero().flatten().tolist() == [1, 2]
    assert outputs.any(1).nonzero().flatten().tolist() == [6]


def test_representations_are_both_embeddings():
    network = LanguageModel(NetworkSpec((3,), (7,), Independent), embedding=4, width=5)
    representations = network.representations(torch.tensor([[1, 2, 2], [0, 2, 6]]))
    assert torch.equal(representations, network.embeddings()[:, [1, 2, 2, 0, 2, 6]])
