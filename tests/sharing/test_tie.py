"""A tie by names follows whatever stands at the source's name."""

import copy
import io
import pickle

import pytest
import torch
from torch import nn
from torch.nn.utils import prune
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from sharegap.errors import UserError
from sharegap.sharing import TiedLinear, share, tie, untie


class Linears(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(6, 3), nn.Linear(3, 6)

    def forward(self, x):
        return self.decoder(self.encoder(x).relu())

    inputs = staticmethod(lambda: torch.randn(5, 6))


class TiedLayer(Linears):
    """The same by a layer that reads its source, made before a model holds either."""

    def __init__(self):
        super().__init__()
        del self.encoder
        encoder = nn.Linear(6, 3)
        self.decoder = TiedLinear(encoder, transpose=True)
        self.encoder = encoder


class Convolutions(Linears):
    def __init__(self):
        nn.Module.__init__(self)
        self.encoder = nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2)
        self.decoder = nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, groups=2)

    inputs = staticmethod(lambda: torch.randn(5, 2, 7, 5))


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)

    def forward(self, x):
        return self.decoder(self.encoder(x).tanh())

    inputs = staticmethod(lambda: torch.randint(7, (5, 2)))


def tied(model):
    return model if model is TiedLayer else lambda: tie(model(), target="decoder", source="encoder")


def every(*models):
    return pytest.mark.parametrize("make", [tied(model) for model in models], ids=[model.__name__ for model in models])


every_model = every(Linears, TiedLayer, Convolutions, Words)


def assert_tied(model):
    """Both layers use what a step of the optimizer made of one weight."""
    x = model.inputs()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.zero_grad()
    before = model(x)
    before.square().sum().backward()
    optimizer.step()
    model.eval()
    assert not torch.equal(model(x), before)
    encoder, decoder = getattr(model.encoder, "module", model.encoder).weight, model.decoder.weight
    torch.testing.assert_close(decoder, encoder if decoder.shape == encoder.shape else encoder.mT)


def replaced(model):
    model.encoder = copy.deepcopy(model.encoder)


class LoRA(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base
        self.change = nn.Parameter(torch.ones_like(base.weight))

    @property
    def weight(self):
        return self.base.weight + self.change

    def forward(self, x):
        return torch.func.functional_call(self.base, {"weight": self.weight}, x)


def wrapped(model):
    model.encoder = LoRA(model.encoder)


def old_weight_norm(model):
    torch.nn.utils.weight_norm(model.encoder)


CHANGES = {
    "nothing": lambda model: None,
    "replaced": replaced,
    "wrapped": wrapped,
    "parallel": lambda model: setattr(model, "encoder", nn.DataParallel(model.encoder)),
    "weight norm": lambda model: weight_norm(model.encoder),
    "weight norm by hooks": old_weight_norm,
    "spectral norm": lambda model: spectral_norm(model.encoder),
    "pruned": lambda model: prune.l1_unstructured(model.encoder, "weight", 0.5),
}


@every_model
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated:FutureWarning")
def test_follows_a_source_that_is(change, make):
    torch.manual_seed(0)
    model = make()
    change(model)
    assert_tied(model)


@pytest.mark.filterwarnings("ignore:.*(torch.ao.quantization|reduce_range|torch.jit|quantize_per_tensor)")
@every(Linears, TiedLayer)
def test_follows_a_quantized_source(make):
    model = torch.ao.quantization.quantize_dynamic(make(), {nn.Linear}, dtype=torch.qint8)
    assert torch.equal(model.decoder.weight.mT, model.encoder.weight().dequantize())
    assert model(model.inputs()).shape == (5, 6)


def test_computes_like_the_transposed_convolution():
    """⟨conv(x), y⟩ = ⟨x, its transpose(y)⟩."""
    model = tied(Convolutions)().double()
    for layer in (model.encoder, model.decoder):
        nn.init.zeros_(layer.bias)
    x = torch.randn(1, 2, 7, 5, dtype=torch.double)
    code = model.encoder(x)
    y = torch.randn_like(code)
    torch.testing.assert_close((code * y).sum(), (x * model.decoder(y)).sum())


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_ties_convolutions_of(dims):
    kinds = getattr(nn, f"Conv{dims}d"), getattr(nn, f"ConvTranspose{dims}d")
    model = nn.Sequential(kinds[0](2, 3, 2), kinds[1](3, 2, 2))
    assert tie(model, "1", "0", transpose=True) is model
    assert torch.equal(model[1].weight, model[0].weight)
    other = nn.Sequential(kinds[1](2, 3, 2), kinds[0](3, 2, 2))
    assert tie(other, "1", "0")(torch.ones(1, 2, *[4] * dims)).shape == (1, 2, *[4] * dims)


def through_file(model):
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    other = copy.deepcopy(model)
    for parameter in other.parameters():
        nn.init.zeros_(parameter)
    other.load_state_dict(torch.load(file))
    return other


def through_safetensors(model):
    safe = pytest.importorskip("safetensors.torch")
    other = copy.deepcopy(model)
    other.load_state_dict(safe.load(safe.save(model.state_dict())))
    return other


def functional(model):
    return lambda x: torch.func.functional_call(model, dict(model.named_parameters()), x)


JOURNEYS = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "state dict": through_file,
    "safetensors": through_safetensors,
    "functional call": functional,
    "trace": lambda model: torch.jit.trace(model, model.inputs()),
    "untie": untie,
}


@every_model
@pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_the_tie_survives(make, journey):
    model = make()
    x = model.inputs()
    arrived = journey(model)
    torch.testing.assert_close(arrived(x), model(x))
    if isinstance(arrived, nn.Module) and hasattr(arrived, "inputs") and journey is not untie:
        assert_tied(arrived)


@every(Linears, Convolutions)
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_forward_mode_agrees_with_backward_mode(make):
    model = make().double()
    x = model.inputs().double()[:1]
    torch.testing.assert_close(torch.func.jacfwd(model)(x), torch.func.jacrev(model)(x))


@every_model
def test_checkpoints_with_both_names_load(make):
    """Those of an untied model and of one whose parameter is assigned to both layers, in a model around it too."""
    model, other = make(), make()
    both = untie(model).state_dict()
    assert both.keys() - model.state_dict().keys() == {"decoder.weight"}
    other.load_state_dict(both)
    x = model.inputs()
    torch.testing.assert_close(other(x), model(x))
    outer = nn.ModuleList([make()])
    outer.load_state_dict({f"0.{name}": value for name, value in both.items()})
    torch.testing.assert_close(outer[0](x), model(x))
    only_decoder = {name: value for name, value in both.items() if name != "encoder.weight"}
    copied = copy.deepcopy(make())
    copied.load_state_dict(only_decoder)
    torch.testing.assert_close(copied(x), model(x))


@every_model
def test_checkpoints_with_two_weights_are_refused(make):
    model = make()
    both = untie(model).state_dict()
    both["decoder.weight"] = both["decoder.weight"] + 1
    with pytest.raises(UserError, match=r"^decoder.weight must equal encoder.weight, to which it is tied, got another"):
        model.load_state_dict(both)


def test_a_head_without_bias_follows_another_vocabulary():
    model = tied(Words)()
    model.encoder = nn.Embedding(9, 4)
    assert model(model.inputs()).shape == (5, 2, 9)


def test_a_bias_of_another_size_is_said():
    model = nn.ModuleDict({"embedding": nn.Embedding(10, 4)})
    model["output"] = TiedLinear(model["embedding"])
    model["embedding"] = nn.Embedding(12, 4)
    with pytest.raises(UserError, match=r"must keep its shape, \(10, 4\) for this layer, got \(12, 4\): tie again"):
        model["output"](torch.ones(4))


@every_model
def test_a_source_that_is_gone_is_said(make):
    model = make()
    del model.encoder
    with pytest.raises(UserError, match="must be in its model, got no encoder: tie again"):
        model.decoder(torch.ones(3))
    model.encoder = nn.ReLU()
    with pytest.raises(UserError, match="must have a weight, got ReLU without"):
        model.decoder(torch.ones(3))


def test_a_tied_layer_may_be_wrapped():
    model = tied(Linears)()
    x, weight = model.inputs(), model.encoder.weight
    before = model(x)
    model.decoder = nn.Sequential(model.decoder, nn.Identity())
    assert torch.equal(model(x), before)
    model.load_state_dict(untie(model).state_dict())
    assert model.decoder[0].weight.data_ptr() == weight.data_ptr()


def test_ties_may_form_a_chain():
    model = tie(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 3), nn.Linear(3, 4)), "1", "0")
    tie(model, "2", "1")
    assert torch.equal(model[2].weight, model[0].weight)
    assert len(model.state_dict()) == 4


def layers():
    return nn.ModuleDict(
        {
            "linear": nn.Linear(3, 4),
            "square": nn.Linear(3, 3),
            "other_square": nn.Linear(3, 3),
            "normed": weight_norm(nn.Linear(3, 4)),
            "lazy": nn.LazyLinear(4),
            "conv": nn.Conv1d(3, 3, 2),
            "deconv": nn.ConvTranspose1d(4, 3, 2),
            "relu": nn.ReLU(),
        }
    )


REFUSED = {
    "unknown": ("linear", "liner", "there is no module for source 'liner': did you mean linear"),
    "no weight": ("relu", "linear", "target must be a layer with a weight of two .* got relu, a ReLU"),
    "lazy": ("linear", "lazy", "source must be a layer with a weight of two dimensions or more, got lazy"),
    "computed": ("normed", "linear", "target must have a parameter `weight`, got normed, which computes its weight"),
    "itself": ("linear", "linear", "source must be another layer than target"),
    "other shapes": ("linear", "square", r"target .* one shape, .* got linear \(4, 3\) and square \(3, 3\)"),
    "other channels": ("deconv", "conv", r"target .* one shape, .* got deconv \(4, 3, 2\) and conv \(3, 3, 2\)"),
    "both ways": ("square", "other_square", r"transpose must be True or False .* fits both ways, got \(3, 3\)"),
}


@pytest.mark.parametrize(("target", "source", "sentence"), REFUSED.values(), ids=REFUSED)
def test_refuses(target, source, sentence):
    with pytest.raises(UserError, match=f"^{sentence}"):
        tie(layers(), target, source)


def test_a_circle_is_refused():
    model = tie(layers(), "square", "other_square", transpose=True)
    with pytest.raises(UserError, match="source must be another layer than target"):
        tie(model, "other_square", "square", transpose=True)
    assert torch.equal(model["square"].weight.mT, model["other_square"].weight)


def test_ties_and_shares_load_both_names():
    """The source is a copy of a site; the checkpoint is of the plain network."""
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3))
    network[2].weight = network[0].weight
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network[2].weight = nn.Parameter(network[0].weight.detach().clone())
    share(network, {"layers": ["0", "1"]}, strength=3)
    tie(network, target="2", source="0", transpose=False)
    network.load_state_dict(state)
    torch.testing.assert_close(network[2].weight, state["0.weight"])
