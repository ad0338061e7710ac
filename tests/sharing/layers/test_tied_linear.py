"""A tie survives whatever is done to the model that holds it."""

import copy
import io
import pickle

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.sharing import Hard, SharedLinear, Site, TiedLinear, untie
from sharegap.training.stacking import stack, vmap_runs


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(6, 3)
        self.decoder = TiedLinear(self.encoder, transpose=True)

    def forward(self, x):
        return self.decoder(self.encoder(x).relu())

    inputs = staticmethod(lambda: torch.randn(5, 6))
    source, parameters_once = "encoder", 6 * 3 + 3 + 6


class DecoderFirst(Autoencoder):
    """The tied layer is listed before its source."""

    def __init__(self):
        nn.Module.__init__(self)
        encoder = nn.Linear(6, 3)
        self.decoder = TiedLinear(encoder, transpose=True)
        self.encoder = encoder


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.inner = nn.Linear(4, 4)
        self.output = TiedLinear(self.embedding)

    def forward(self, x):
        return self.output(self.inner(self.embedding(x)).relu())

    inputs = staticmethod(lambda: torch.randint(7, (5, 2)))
    source, parameters_once = "embedding", 7 * 4 + 4 * 4 + 4 + 7


class HardTowers(nn.Module):
    """Hard sharing holds one parameter, so there is nothing to tie again."""

    def __init__(self):
        super().__init__()
        self.towers = SharedLinear(Hard, Site("branches", (2,)), 6, 3)

    def forward(self, x):
        return self.towers(x)

    inputs = staticmethod(lambda: torch.randn(5, 2, 6))
    source, parameters_once = "towers.weight", 6 * 3 + 3


def saved(model):
    """State dict -> file -> state dict."""
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    return torch.load(file)


def loaded(model, **options):
    other = type(model)()
    other.load_state_dict(saved(model), **options)
    return other


def through_meta(model):
    state = saved(model)
    other = copy.deepcopy(model).to("meta").to_empty(device="cpu")
    other.load_state_dict(state)
    return other


def on_meta(model):
    with torch.device("meta"):
        other = type(model)()
    other.load_state_dict(saved(model), assign=True)
    return other


def safetensors_model(model, path):
    safe = pytest.importorskip("safetensors.torch")
    safe.save_model(model, path / "model.safetensors")
    other = type(model)()
    safe.load_model(other, path / "model.safetensors")
    return other


def safetensors_file(model, path):
    safe = pytest.importorskip("safetensors.torch")
    safe.save_file(model.state_dict(), path / "state.safetensors")
    other = type(model)()
    other.load_state_dict(safe.load_file(path / "state.safetensors"))
    return other


JOURNEYS = {
    "state dict": lambda model, path: loaded(model),
    "state dict, assigned": lambda model, path: loaded(model, assign=True),
    "deepcopy": lambda model, path: copy.deepcopy(model),
    "pickle": lambda model, path: pickle.loads(pickle.dumps(model)),
    "to float64 and back": lambda model, path: copy.deepcopy(model).to(torch.float64).to(torch.float32),
    "meta, to_empty": lambda model, path: through_meta(model),
    "born on meta": lambda model, path: on_meta(model),
    "safetensors model": safetensors_model,
    "safetensors file": safetensors_file,
}
every_model = pytest.mark.parametrize("model", [Autoencoder, DecoderFirst, LanguageModel, HardTowers])


@every_model
@pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)
def test_the_tie_survives(model, journey, tmp_path):
    model, x = model(), model.inputs()
    before = model(x).detach()
    arrived = journey(model, tmp_path)
    assert torch.equal(arrived(x), before)
    assert unique_parameters(arrived) == sum(t.numel() for t in arrived.state_dict().values()) == model.parameters_once
    # What moves the source moves both uses: the same step gives what it gives the original.
    for trained in (model, arrived):
        trained(x).square().sum().backward()
        torch.optim.SGD(trained.parameters(), lr=0.1).step()
    assert torch.equal(arrived(x), model(x))
    assert not torch.equal(arrived(x), before)


@pytest.mark.parametrize("model", [Autoencoder, DecoderFirst, LanguageModel])
def test_a_copy_is_tied_to_its_own_source(model):
    model, x = model(), model.inputs()
    before = model(x).detach()
    twin = copy.deepcopy(model)
    with torch.no_grad():
        twin.get_submodule(model.source).weight.zero_()
    assert torch.equal(model(x), before)
    tied = next(module for module in twin.modules() if isinstance(module, TiedLinear))
    assert not tied.weight.any()


@every_model
def test_parameters_are_listed_and_saved_once(model):
    model = model()
    names = [name for name, _ in model.named_parameters(remove_duplicate=False)]
    assert names == [name for name, _ in model.named_parameters()]
    assert sorted(names) == sorted(model.state_dict())
    assert unique_parameters(model) == model.parameters_once
    pointers = [tensor.data_ptr() for tensor in model.state_dict().values()]
    assert len(set(pointers)) == len(pointers)


def test_uses_the_weight_of_its_source():
    encoder, embedding = nn.Linear(6, 3), nn.Embedding(7, 4)
    decoder, output = TiedLinear(encoder, transpose=True), TiedLinear(embedding)
    code, state = torch.randn(5, 3), torch.randn(5, 4)
    torch.testing.assert_close(decoder(code), nn.functional.linear(code, encoder.weight.T, decoder.bias))
    torch.testing.assert_close(output(state), nn.functional.linear(state, embedding.weight, output.bias))
    assert decoder.bias.abs().max() <= 3**-0.5


@pytest.mark.parametrize("model", [Autoencoder, LanguageModel])
def test_training_moves_both_uses(model):
    model, x = model(), model.inputs()
    source = model.get_submodule(model.source).weight
    tied = next(module for module in model.modules() if isinstance(module, TiedLinear))
    before = source.detach().clone()
    model(x).square().sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert not torch.equal(source, before)
    assert torch.equal(tied.weight.mT if tied.transpose else tied.weight, source)


def test_the_source_gathers_both_gradients():
    model, x = Autoencoder(), Autoencoder.inputs()
    model(x).square().sum().backward()
    encoder, decoder = (model.encoder.weight.detach().clone().requires_grad_() for _ in range(2))
    code = nn.functional.linear(x, encoder, model.encoder.bias).relu()
    nn.functional.linear(code, decoder.T, model.decoder.bias).square().sum().backward()
    torch.testing.assert_close(model.encoder.weight.grad, encoder.grad + decoder.grad)


@every_model
@pytest.mark.parametrize("runs", [1, 3])
def test_stacked_runs_stay_tied(model, runs):
    models = [model() for _ in range(runs)]
    x = torch.stack([model.inputs() for _ in range(runs)])
    stacked = stack(models)
    batched, looped = vmap_runs(stacked, x), torch.stack([model(run_x) for model, run_x in zip(models, x, strict=True)])
    torch.testing.assert_close(batched, looped)
    for outputs in (batched, looped):
        outputs.square().sum().backward()
    for name, parameter in stacked.named_parameters():
        torch.testing.assert_close(parameter.grad, torch.stack([model.get_parameter(name).grad for model in models]))


def test_functional_call_replaces_both_uses():
    model, other, x = Autoencoder(), Autoencoder(), Autoencoder.inputs()
    replaced = torch.func.functional_call(model, dict(other.named_parameters()), x)
    torch.testing.assert_close(replaced, other(x))


def test_follows_the_source_in_a_nested_module():
    """The layer stands in a container that becomes part of the model after it."""
    model = nn.Module()
    model.encoder = nn.Sequential(nn.Linear(6, 3))
    model.decoder = nn.Sequential(nn.Sequential(TiedLinear(model.encoder[0], transpose=True)))
    model.encoder[0] = nn.Linear(6, 3)
    assert torch.equal(model.decoder[0][0].weight.mT, model.encoder[0].weight)
    model.encoder = nn.ModuleList([nn.Linear(6, 3)])
    assert torch.equal(model.decoder[0][0].weight.mT, model.encoder[0].weight)


def test_follows_the_source_in_the_last_model():
    first = Autoencoder()
    last = nn.Sequential(first.encoder, nn.ReLU(), first.decoder)
    last[0] = nn.Linear(6, 3)
    assert torch.equal(last[2].weight.mT, last[0].weight)
    # Checkpoints are loaded by the model that it follows.
    both = untie(last).state_dict()
    last.load_state_dict(both)
    assert torch.equal(last[2].weight, both["2.weight"])


def test_a_wrapped_tied_layer_is_untied_and_loaded():
    model, x = Autoencoder(), Autoencoder.inputs()
    model.decoder = nn.Sequential(model.decoder)
    free = untie(model)
    model.load_state_dict(free.state_dict())
    free.load_state_dict(free.state_dict())
    assert torch.equal(free(x), model(x))


def test_a_source_without_a_model_is_read():
    decoder = TiedLinear(nn.Linear(6, 3), transpose=True, bias=False)
    assert decoder.bias is None
    assert decoder(torch.ones(2, 3)).shape == (2, 6)
    assert not list(decoder.parameters())


@pytest.mark.parametrize("source", [nn.Conv2d(3, 8, 3), nn.ReLU(), nn.LazyLinear(3), nn.LayerNorm(3), "encoder"])
def test_refuses_a_source_without_a_matrix(source):
    with pytest.raises(UserError, match=r"^source must be a module with a weight of two dimensions"):
        TiedLinear(source)
