"""What holds for the network of every site."""

from dataclasses import dataclass, field

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.models import (
    Autoencoder,
    LanguageModel,
    LocalNet,
    MultiTaskNet,
    NetworkSpec,
    Patches,
    Recurrent,
    Residual,
    Siamese,
)
from sharegap.sharing import Hard, Independent
from sharegap.training.stacking import stack, vmap_runs
from tests.helpers import make_run
from tests.models.compare import set_copies

TOKENS = 7


@dataclass
class Case:
    """A small network for one kind of site; `copies` are those that are compared by `representations`."""

    network: type
    sample: tuple
    output: tuple
    copies: int
    options: dict = field(default_factory=dict)

    def build(self, sharing, make_hidden_layer=nn.Identity):
        return self.network(NetworkSpec(self.sample, self.output, sharing, make_hidden_layer), **self.options)

    def inputs(self, *batch, dtype=torch.float32):
        if self.network is LanguageModel:
            return torch.randint(TOKENS, (*batch, *self.sample))
        return torch.randn(*batch, *self.sample, dtype=dtype)


LOCAL = {"channels": 4, "layers": [(3, 2), (3, 1)], "padding": 1}
NO_LAYERS = {"channels": 1, "layers": []}
CASES = {
    "positions": Case(LocalNet, (2, 9), (3,), 5, {**LOCAL, "dims": 1}),
    "positions in 2-D": Case(LocalNet, (2, 5, 3), (3,), 6, {**LOCAL, "dims": 2}),
    "inputs": Case(Patches, (2, 9), (3,), 4, {"patch": 3, "stride": 2, "widths": [5, 4]}),
    "inputs in 2-D": Case(Patches, (2, 5, 4), (3,), 12, {"patch": 2, "stride": 1, "widths": [5]}),
    "branches": Case(Siamese, (2, 1, 3, 3), (), 2, {**NO_LAYERS, "widths": [5, 4], "embedding": 3}),
    "convolutional branches": Case(
        Siamese, (2, 2, 5, 4), (), 2, {"channels": 3, "layers": [(3, 1), (2, 1)], "widths": [5], "embedding": 3}
    ),
    "tasks": Case(MultiTaskNet, (1, 3, 3), (3, 4), 3, {"widths": [5, 4]}),
    "encoder/decoder": Case(Autoencoder, (1, 3, 3), (9,), 2, {"widths": [5, 4]}),
    "time": Case(Recurrent, (2, 5), (3,), 5, {"units": 4}),
    "layers": Case(Residual, (1, 6), (3,), 3, {"width": 5, "depth": 3}),
    "embeddings": Case(LanguageModel, (3,), (TOKENS,), 2, {"embedding": 4, "width": 5}),
}
every_site = pytest.mark.parametrize(("name", "case"), CASES.items(), ids=CASES)


@every_site
def test_outputs_have_the_shape_of_the_spec(name, case):
    expected = case.output or (2, case.options["embedding"])
    for sharing in (Hard, Independent):
        assert case.build(sharing)(case.inputs(4)).shape == (4, *expected)


@every_site
def test_has_one_site_and_depths_from_zero(name, case):
    sites = []

    def recorded(site, shape, init):
        sites.append(site)
        return Hard(site, shape, init)

    case.build(recorded)
    depths = [site.depth for site in sites]
    assert {site.name for site in sites} == {name.removesuffix(" in 2-D").removeprefix("convolutional ")}
    assert sorted(set(depths)) == list(range(max(depths) + 1))


@every_site
def test_equal_copies_are_the_hard_network(name, case):
    """And what one shared weight receives is what its copies receive together."""
    hard = case.build(Hard).double()
    free, x = set_copies(hard, case.build(Independent).double()), case.inputs(4, dtype=torch.float64)
    outputs = hard(x), free(x)
    torch.testing.assert_close(*outputs)
    pull = torch.randn_like(outputs[0])
    for output in outputs:
        (output * pull).sum().backward()
    for path, parameter in hard.named_parameters():
        gradient = free.get_parameter(path).grad
        torch.testing.assert_close(gradient.sum(0) if path.endswith("value") else gradient, parameter.grad)
        assert parameter.grad.any()


@every_site
def test_representations_differ_unless_hard(name, case):
    x = case.inputs(4)
    for sharing in (Hard, Independent):
        representations = case.build(sharing).representations(x)
        copies, samples, _ = representations.shape
        assert (copies, samples % 4) == (case.copies, 0)
        assert representations.isfinite().all()
        for other in representations[1:]:
            assert torch.allclose(other, representations[0], atol=1e-6) == (sharing is Hard)


@every_site
def test_represents_at_most_a_thousand_samples(name, case):
    assert case.build(Hard).representations(case.inputs(1001)).shape[1] == 1000


class Counter(nn.Module):
    """Counts its calls."""

    def __init__(self):
        super().__init__()
        self.times = 0

    def forward(self, x):
        self.times += 1
        return x


@every_site
@pytest.mark.parametrize("sharing", [Hard, Independent])
def test_every_hidden_layer_is_used_once(name, case, sharing):
    made = []

    def make_hidden_layer():
        made.append(Counter())
        return made[-1]

    case.build(sharing, make_hidden_layer)(case.inputs(4))
    assert made
    assert {layer.times for layer in made} == {1}


@every_site
@pytest.mark.parametrize("sharing", [Hard, Independent])
def test_vmap_is_a_loop_over_runs(name, case, sharing):
    networks, x = [case.build(sharing) for _ in range(3)], case.inputs(3, 4)
    stacked = stack(networks)
    expected = torch.stack([network(run_x) for network, run_x in zip(networks, x, strict=True)])
    torch.testing.assert_close(vmap_runs(stacked, x), expected)
    representations = vmap_runs(stacked, x, function=lambda network, x: network.representations(x))
    expected = torch.stack([network.representations(run_x) for network, run_x in zip(networks, x, strict=True)])
    torch.testing.assert_close(representations, expected)


REFUSED = [
    ("local1d", "digits", "sequences (channels, length) of one class each", "(1, 8, 8)", "(10,)"),
    ("local2d", "digit_pairs", "samples (channels, 2 dimensions) of one class each", "(2, 1, 8, 8)", "()"),
    ("local1d", "two_digits", "sequences (channels, length) of one class each", "(1, 8, 8)", "(2, 10)"),
    ("patches", "markov_text", "samples (channels, size, ...) of one class each", "(4,)", "(64,)"),
    ("siamese", "digits", "pairs that are the same or not", "(1, 8, 8)", "(10,)"),
    ("multitask", "digits", "samples with several targets each", "(1, 8, 8)", "(10,)"),
    ("autoencoder", "mnist1d", "samples to reconstruct", "(1, 40)", "(10,)"),
    ("recurrent", "digits", "sequences (channels, steps) of one class each", "(1, 8, 8)", "(10,)"),
    ("residual", "two_digits", "samples (channels, size, ...) of one class each", "(1, 8, 8)", "(2, 10)"),
    ("language", "mnist1d", "windows of tokens", "(1, 40)", "(10,)"),
]


@pytest.mark.parametrize(("model", "dataset", "takes", "sample", "output"), REFUSED)
def test_refuses_data_that_do_not_fit(model, dataset, takes, sample, output):
    with pytest.raises(Exception, match="choose another model or dataset") as refused:
        build_objective(make_run(f"model={model}", f"dataset={dataset}"))
    assert isinstance(refused.value.__cause__, UserError)
    sentence = str(refused.value.__cause__)
    assert sentence.startswith(
        f"this model takes {takes}; the data have samples {sample} and ask for outputs {output}: choose another model"
    )
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (["model=local1d", "model.network.channels=0"], "model.network.channels must be an integer >= 1, got 0"),
        (
            ["model=local1d", "model.network.layers=[[3,0]]"],
            r"model.network.layers\[0\] must be an integer >= 1, got 0",
        ),
        (["model=patches", "model.network.stride=0"], "model.network.stride must be an integer >= 1, got 0"),
        (["model=patches", "model.network.widths=[]"], "model.network.widths must be a list of at least one integer"),
        (["model=residual", "model.network.depth=1.5"], "model.network.depth must be an integer >= 1, got 1.5"),
        (["model=recurrent", "model.network.units=0"], "model.network.units must be an integer >= 1, got 0"),
    ],
)
def test_refuses_sizes_out_of_range(model, sentence):
    with pytest.raises(Exception, match=sentence) as refused:
        build_objective(make_run(*model))
    assert isinstance(refused.value.__cause__, UserError)
