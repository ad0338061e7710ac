"""A network that was shared works as before, whatever is done to it."""

import copy
import io
import pickle

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.sharing import Hard, Independent, LowRank, SharedSites, Soft, SoftPenalty, SoftProximal, share, untie
from sharegap.sharing._site_names import find_submodules
from sharegap.training.stacking import stack, vmap_runs
from tests.sharing.user_networks import GPT, NETWORKS, Block, ResNet, Siamese, Translator

every_network = pytest.mark.parametrize("network", NETWORKS)


def make_shared(network, strategy=Soft, **options):
    """Newly drawn, so that a strategy's weights are all of use."""
    network = network()
    share(network, network.sites, strategy, start="fresh", **options)
    return network.eval()


def saved(module):
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    return torch.load(file)


def loaded(network, **options):
    other = make_shared(type(network))
    other.load_state_dict(saved(network), **options)
    return other


def through_meta(network):
    state = saved(network)
    other = copy.deepcopy(network).to("meta").to_empty(device="cpu")
    other.load_state_dict(state)
    for module in other.modules():  # λ is no weight, so that a state dict does not have it
        if hasattr(module, "strength"):
            module.set_strength(1)
    return other


def safetensors_model(network, path):
    safe = pytest.importorskip("safetensors.torch")
    safe.save_model(network, path / "model.safetensors")
    other = make_shared(type(network))
    safe.load_model(other, path / "model.safetensors")
    return other


JOURNEYS = {
    "state dict": lambda network, path: loaded(network),
    "state dict, assigned": lambda network, path: loaded(network, assign=True),
    "deepcopy": lambda network, path: copy.deepcopy(network),
    "pickle": lambda network, path: pickle.loads(pickle.dumps(network)),
    "old pickle": lambda network, path: pickle.loads(pickle.dumps(network, protocol=0)),
    "to float64 and back": lambda network, path: copy.deepcopy(network).double().float(),
    "meta, to_empty": lambda network, path: through_meta(network),
    "safetensors": safetensors_model,
}


@every_network
@pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)
def test_sharing_survives(network, journey, tmp_path):
    network, x = make_shared(network), network.inputs()
    before = network(x).detach()
    arrived = journey(network, tmp_path)
    assert torch.equal(arrived(x), before)
    assert unique_parameters(arrived) == unique_parameters(network)
    # The same step gives what it gives the original, which stays as it was.
    for trained in (network, arrived):
        trained(x).square().sum().backward()
        torch.optim.SGD(trained.parameters(), lr=0.1).step()
    assert torch.equal(arrived(x), network(x))
    assert not torch.equal(arrived(x), before)
    assert list(untie(arrived).state_dict()) == list(type(network)().state_dict())


@every_network
def test_hard_sharing_holds_one_parameter(network):
    """It is listed, counted and saved once."""
    unshared, shared = network(), make_shared(network, Hard)
    submodules = find_submodules(unshared, network.sites)
    numbers = sum(parameter.numel() for parameter in unshared.parameters())
    for copies in submodules.values():
        _, *others = copies.values()
        numbers -= sum(parameter.numel() for other in others for parameter in other.parameters())
    names = [name for name, _ in shared.named_parameters(remove_duplicate=False)]
    assert names == [name for name, _ in shared.named_parameters()]
    assert sum(parameter.numel() for parameter in shared.parameters()) == unique_parameters(shared) == numbers
    assert len({tensor.data_ptr() for tensor in shared.state_dict().values()}) == len(shared.state_dict())


@every_network
@pytest.mark.parametrize("strategy", [Soft, Hard, Independent])
def test_unshared_checkpoint_loads(network, strategy):
    """Also below a prefix; what the strategy cannot represent is said."""
    unshared, shared, x = network().eval(), make_shared(network, strategy), network.inputs()
    for whole, plain in ((shared, unshared), (nn.ModuleDict({"net": shared}), nn.ModuleDict({"net": unshared}))):
        if strategy is Hard:
            with pytest.warns(UserWarning, match="times their norm away .* Hard takes the nearest"):
                whole.load_state_dict(plain.state_dict())
        else:
            whole.load_state_dict(plain.state_dict())
            torch.testing.assert_close(shared(x), unshared(x), rtol=1e-4, atol=1e-5)


def test_incomplete_checkpoint_is_refused():
    state = ResNet().state_dict()
    del state["blocks.0.conv.weight"]
    with pytest.raises(RuntimeError, match=r"(?s)Missing key.*shared_sites\.blocks\.conv\.weight.*Unexpected key"):
        make_shared(ResNet).load_state_dict(state)
    state["blocks.0.conv.weight"] = torch.zeros(4, 4, 5, 5)
    with pytest.raises(RuntimeError, match="Missing key"):
        make_shared(ResNet).load_state_dict(state)


# -- calls --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("network", "strategy"), [(Siamese, Soft), (ResNet, Hard)])
def test_compiled_and_exported(network, strategy):
    network, x = make_shared(network, strategy), network.inputs()
    torch.testing.assert_close(torch.compile(network, fullgraph=True, backend="eager")(x), network(x))
    exported = torch.export.export(network, (x,))
    torch.testing.assert_close(exported.module()(x), network(x))
    assert set(dict(network.named_parameters())) <= set(exported.state_dict)


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("network", [ResNet, GPT, Siamese])
def test_stacked_runs_are_shared_each(network, runs):
    networks = [make_shared(network) for _ in range(runs)]
    x = torch.stack([network.inputs() for _ in range(runs)])
    batched = vmap_runs(stack(networks), x)
    torch.testing.assert_close(batched, torch.stack([one(inputs) for one, inputs in zip(networks, x, strict=True)]))


@pytest.mark.parametrize("strategy", [Soft, SoftPenalty, SoftProximal])
def test_stacked_runs_have_penalties_and_pulls(strategy):
    networks = [make_shared(GPT, strategy, strength=2) for _ in range(2)]
    stacked = stack(networks)

    def pull(network, lr):
        network.shared_sites.pull(lr, 3)
        return network.shared_sites.penalty()

    with torch.no_grad():
        penalties = vmap_runs(stacked, torch.tensor([0.1, 0.2]), function=pull)
    for run, lr in enumerate((0.1, 0.2)):
        before = copy.deepcopy(networks[run].state_dict())
        networks[run].shared_sites.pull(lr, 3)
        torch.testing.assert_close(penalties[run], networks[run].shared_sites.penalty())
        for name, tensor in networks[run].state_dict().items():
            torch.testing.assert_close(stacked.state_dict()[name][run], tensor)
            assert torch.equal(tensor, before[name]) or strategy is not SoftPenalty


def test_batch_norm_trains_in_a_fleet():
    """Each copy of each run has running statistics of its own."""
    networks = [make_shared(ResNet).train() for _ in range(2)]
    stacked, x = stack(networks), torch.stack([ResNet.inputs() for _ in range(2)])
    vmap_runs(stacked, x)
    for run, network in enumerate(networks):
        network(x[run])
        for name, buffer in network.named_buffers():
            torch.testing.assert_close(stacked.get_buffer(name)[run], buffer)
    means = [block.norm.running_mean for block in networks[0].blocks]
    assert not torch.equal(means[0], means[1])
    assert torch.equal(networks[0].blocks[0].norm.weight, networks[0].blocks[1].norm.weight)


def test_functional_call_replaces_all_copies():
    network, other, x = make_shared(GPT), make_shared(GPT), GPT.inputs()
    replaced = torch.func.functional_call(network, dict(other.named_parameters()), x)
    torch.testing.assert_close(replaced, other(x))


def test_recurrent_layers_use_the_weights_of_now():
    network, x = make_shared(Translator), Translator.inputs()
    before = network(x)
    torch.optim.SGD(network.parameters(), lr=0.5).zero_grad()
    with torch.no_grad():
        network.shared_sites.coders.weight_hh_l0.shared.add_(1)
    assert not torch.allclose(network(x), before)
    assert torch.equal(untie(network)(x), network(x))


class Counting(Independent):
    """Counts how often copies are computed."""

    calls = 0

    def forward(self):
        Counting.calls += 1
        return super().forward()


def test_copies_are_computed_once_per_call():
    network, x = make_shared(GPT, Counting), GPT.inputs()
    weights = len([module for module in network.modules() if isinstance(module, Counting)])
    Counting.calls = 0
    network(x).sum().backward()
    assert Counting.calls == weights == 10


def test_weights_are_never_out_of_date():
    """Not after an error, nor for a trained part after one without gradients."""

    class Guarded(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(3, 3) for _ in range(2))

        def forward(self, x):
            with torch.no_grad():
                x = self.layers[0](x)
            if not x.isfinite().all():
                raise FloatingPointError
            return self.layers[0](self.layers[1](x))

    share(network := Guarded(), {"layers": "layers.*"})
    network(torch.ones(1, 3)).sum().backward()
    assert network.shared_sites.layers.weight.own.grad.any(dim=(1, 2)).all()
    with pytest.raises(FloatingPointError):
        network(torch.full((1, 3), torch.nan))
    with torch.no_grad():
        network.shared_sites.layers.weight.own.zero_()
        network.shared_sites.layers.weight.shared.zero_()
    assert not network.layers[0].weight.any()


@pytest.mark.parametrize("use_reentrant", [True, False])
def test_checkpointed_blocks_have_the_same_gradients(use_reentrant):
    class Checkpointed(GPT):
        def forward(self, tokens):
            x = self.embedding(tokens)
            for block in self.blocks:
                x = checkpoint(block, x, use_reentrant=use_reentrant)
            return torch.nn.functional.linear(x, self.embedding.weight)

    plain, x = make_shared(GPT), GPT.inputs()
    saving = make_shared(Checkpointed)
    saving.load_state_dict(plain.state_dict())
    for network in (plain, saving):
        network(x).square().sum().backward()
    for mine, parameter in zip(saving.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, parameter.grad)


@pytest.mark.parametrize("network", [ResNet, GPT])
def test_copies_keep_their_precision_under_autocast(network):
    """As parameters do: a normalization takes no weight in half precision beside inputs in full precision."""
    network = network()
    share(network, network.sites, lambda *args: LowRank(*args, rank=1), start="fresh")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        network(network.inputs()).sum().backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in network.parameters())


# -- parts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [lambda layers: nn.Sequential(*layers), nn.ModuleList])
def test_containers_stay_lists(container):
    network = container([nn.Linear(3, 3) for _ in range(3)])
    names = list(network.state_dict())
    sites = share(network, {"layers": "*"}, SoftPenalty, strength=1)
    assert len(network) == len(list(network)) == 3
    assert sites in set(network.modules())
    assert sites.penalty() > 0
    assert list(untie(network).state_dict()) == names


class Chain(nn.Module):
    """Calls its children in turn, whatever they are."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x):
        for child in self.children():
            x = child(x)
        return x


def test_what_is_added_is_not_in_the_way():
    """Neither of a call of all children, nor of a pattern that means all of them."""
    network, x = Chain(), torch.randn(2, 3)
    before = network(x)
    sites = share(network, {"layers": "*"})
    torch.testing.assert_close(network(x), before)
    network.third, network.fourth = nn.Linear(3, 3), nn.Linear(3, 3)
    with pytest.raises(UserError, match="a submodule of site all must not be shared already, got one"):
        share(network, {"all": "*"})
    assert share(network, {"new": ["third", "fourth"]}) is sites


def test_a_module_with_two_names_is_one():
    network = Siamese()
    network.first = network.left[0]
    before = network.state_dict()
    share(network, network.sites)
    network.load_state_dict(before)
    assert network.first is network.left[0]
    assert list(untie(network).state_dict()) == list(before)


def test_lightning_modules_are_shared():
    lightning = pytest.importorskip("pytorch_lightning")

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = Siamese()
            share(self, {"towers": ["network.left", "network.right"]})

        def forward(self, x):
            return self.network(x)

    module, x = Module(), Siamese.inputs()
    assert torch.equal(copy.deepcopy(module)(x), module(x))
    assert len(dict(module.named_parameters())) == 8


def test_sites_with_strategies_of_their_own():
    network = GPT()
    sites = share(network, {"attention": "blocks.*.attn"}, SoftPenalty, strength=1)
    mlp = share(network, {"mlp": "blocks.*.mlp"}, Soft, strength=2)
    assert mlp is sites is network.shared_sites
    assert type(sites.attention.out.weight) is SoftPenalty
    assert type(sites.mlp.get_submodule("1.weight")) is Soft
    assert not any(isinstance(module, SharedSites) for module in untie(untie(network)).modules())


def test_a_part_cannot_be_untied_alone():
    network = make_shared(GPT)
    with pytest.raises(UserError, match="module must be the whole that share was given, got a part of it"):
        untie(network.blocks[0])


def test_frozen_parameters_stay_as_they_are():
    network = GPT()
    network.blocks.requires_grad_(False)
    for block in network.blocks:
        block.mlp[1].bias.requires_grad_(True)
    state = copy.deepcopy(network.state_dict())
    with pytest.warns(UserWarning, match="Hard takes the nearest"):
        share(network, {"blocks": "blocks.*"}, Hard)
    trained = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    assert trained == ["embedding.weight", "shared_sites.blocks.mlp.1.bias.value"]
    for name, tensor in untie(network).state_dict().items():
        assert torch.equal(tensor, state[name]) == ("mlp.1.bias" not in name)


def test_parameters_frozen_later_are_not_pulled():
    network = make_shared(GPT, SoftProximal, strength=1)
    network.requires_grad_(False)
    before = network.blocks[0].attn.out.weight.clone()
    network.shared_sites.pull(0.1, 10)
    assert torch.equal(network.blocks[0].attn.out.weight, before)
    assert not any(parameter.requires_grad for parameter in untie(network).parameters())


def test_weight_norm_is_shared_by_its_parts():
    network = nn.Sequential(*(nn.utils.parametrizations.weight_norm(nn.Linear(3, 3)) for _ in range(2))).double()
    x = torch.randn(2, 3, dtype=torch.double)
    before = network(x)
    share(network, {"layers": "*"})
    torch.testing.assert_close(network(x), before)
    torch.testing.assert_close(copy.deepcopy(network)(x), before)
    torch.testing.assert_close(untie(network)(x), before)


class Remade(nn.Linear):
    """Pickled in a way of its own."""

    def __reduce__(self):
        return make_remade, (self.in_features,), self.__dict__


def make_remade(features):
    layer = Remade.__new__(Remade)
    nn.Module.__init__(layer)
    layer.in_features = features
    return layer


def test_modules_are_pickled_in_their_own_way():
    network, x = nn.Sequential(Remade(3, 3), Remade(3, 3)), torch.randn(2, 3)
    share(network, {"layers": "*"})
    for arrived in (pickle.loads(pickle.dumps(network)), copy.deepcopy(network)):
        assert torch.equal(arrived(x), network(x))
        assert type(untie(arrived)[0]) is Remade


def test_torch_transformers_are_shared():
    """Attention in one matrix, and the fast path of evaluation."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0)
    network = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
    x = torch.randn(2, 5, 8)
    before = network(x)
    share(network, {"layers": "layers.*"})
    torch.testing.assert_close(network(x), before)
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(x), before)


def test_blocks_are_still_what_they_were():
    block = make_shared(GPT).blocks[0]
    assert isinstance(block, Block)
    assert isinstance(block.attn.out, nn.Linear)
    assert repr(block.attn.out) == repr(nn.Linear(4, 4))
