"""Networks in plain torch, as users write them, are trained as our own are."""

from operator import attrgetter

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.execute.build import build_objective, load_dataset
from sharegap.execute.check import check_runs
from sharegap.metrics import unique_parameters
from sharegap.testing.runs import TINY, choices, make_run
from tests.models import user_modules

pytestmark = pytest.mark.filterwarnings("ignore:There is a performance drop")


def options(name, sites, dataset="mnist1d", **arguments):
    target = f"model.network.module._target_=tests.models.user_modules.{name}"
    given = [f"model.network.module.{argument}={value}" for argument, value in arguments.items()]
    return (f"dataset={dataset}", "model=module", target, f"model.network.sites.layers=[{sites}]", *given, *TINY)


NETWORKS = {
    "ResNet": options("ResNet", "blocks.*"),
    "CNN": options("make_cnn", "2,5"),
    "GRU": options("Gru", "layers.0,layers.1"),
    "GPT": options("Gpt", "blocks.*", dataset="markov_text", tokens=64),
    "encoder-decoder": options("EncoderDecoder", "encoder.1,decoder.0", dataset="digits_reconstruction"),
}
MODULES = {
    "ResNet": user_modules.ResNet,
    "CNN": user_modules.make_cnn,
    "GRU": user_modules.Gru,
    "GPT": lambda: user_modules.Gpt(tokens=64),
    "encoder-decoder": user_modules.EncoderDecoder,
}
COPIED = {
    "ResNet": lambda module: module.blocks,
    "CNN": lambda module: [module[2], module[5]],
    "GRU": lambda module: module.layers,
    "GPT": lambda module: module.blocks,
    "encoder-decoder": lambda module: [module.encoder[1], module.decoder[0]],
}
RELATING_WEIGHTS = [name for name in choices("sharing") if name != "cross_stitch"]


def size(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_counts(name):
    """Hard sharing leaves one copy of each parameter, no sharing leaves all."""
    plain = MODULES[name]()
    first, *others = COPIED[name](plain)
    networks = {}
    for method in ("none", "hard"):
        networks[method] = build_objective(make_run(*NETWORKS[name], f"method={method}")).network
    assert unique_parameters(networks["none"]) == size(plain)
    assert unique_parameters(networks["hard"]) == size(plain) - sum(map(size, others))
    for parameter in map(attrgetter, dict(first.named_parameters())):
        copies = [parameter(copy) for copy in COPIED[name](networks["hard"].module)]
        assert all(torch.equal(copies[0], other) for other in copies)


@pytest.mark.parametrize("name", NETWORKS)
def test_begins_as_the_plain_network(name):
    """Without sharing, the network is what its own initialization has drawn."""
    network = build_objective(make_run(*NETWORKS[name], "method=none")).network.eval()
    x = load_dataset(make_run(*NETWORKS[name])).x[:3]
    assert network(x).shape[0] == 3
    if name == "GPT":  # an initialization of its own, which its layers do not know
        weights = [block.mlp[0].weight for block in network.module.blocks]
        assert torch.cat(weights).std().item() == pytest.approx(0.02, rel=0.2)


@pytest.mark.parametrize("strategy", RELATING_WEIGHTS)
def test_every_strategy(strategy):
    """Each has its copies and a finite penalty, and can train in a fleet."""
    run = make_run(*NETWORKS["ResNet"], f"sharing={strategy}")
    [checked] = check_runs([run]).values()
    assert checked.alone is None
    weights = checked.objective.shared_weights()
    assert {weight().shape[0] for weight in weights} == {3}
    penalties = [weight.penalty() for weight in weights]
    assert all(penalty is None or penalty.isfinite() for penalty in penalties)


def test_penalty_is_that_of_the_copies():
    """Of soft_penalty, λ times the squared distance to the mean, as the strategy computes it for the same numbers."""
    objective = build_objective(make_run(*NETWORKS["CNN"], "sharing=soft_penalty", "sharing.strength=3")).double()
    x, y = (tensor[:5] for tensor in (load_dataset(make_run(*NETWORKS["CNN"])).x, load_dataset(make_run()).y))
    x = x.double()
    loss = objective._mean_loss(objective.network(x), y)
    penalty = sum(weight.penalty() for weight in objective.shared_weights())
    assert penalty > 0
    torch.testing.assert_close(objective(x, y), loss + 3 * penalty)


SIDE_BY_SIDE = {
    "BatchNorm": (*NETWORKS["ResNet"], "sharing=soft"),
    "hard": (*NETWORKS["CNN"], "sharing=hard"),
    "dropout": (*NETWORKS["CNN"], "regularizer=[dropout]"),
    "BatchNorm and early stopping": (*NETWORKS["ResNet"], "regularizer=[early_stopping]"),
}


@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_fleet_is_as_alone(trained, name):
    """Weights, running statistics and figures of a run do not depend on its company."""
    runs = [make_run(*SIDE_BY_SIDE[name], f"seed={seed}", f"optimizer.lr={0.01 / (seed + 1)}") for seed in range(2)]
    assert [structure.alone for structure in check_runs(runs).values()] == [None]
    fleet, rows = trained(*runs)
    for index, run in enumerate(runs):
        alone, [row] = trained(run)
        for snapshot, network in fleet.networks().items():
            expected = alone.networks()[snapshot].state_dict()
            for tensor, value in network.state_dict().items():
                torch.testing.assert_close(value[index], expected[tensor][0], rtol=1e-6, atol=1e-9)
        assert row["final_test_loss"] == pytest.approx(rows[index]["final_test_loss"], rel=1e-6)


def test_statistics_are_those_of_plain_training(trained):
    """After a fleet's training, BatchNorm has counted every step, and its snapshot as many as it had taken."""
    fleet, _ = trained(*[make_run(*NETWORKS["ResNet"], f"seed={seed}") for seed in range(2)])
    assert fleet.networks()["final"].module.blocks[0].norm.num_batches_tracked.tolist() == [4, 4]
    assert set(fleet.networks()["best_val"].module.blocks[0].norm.num_batches_tracked.tolist()) <= {2, 4}


ALONE = {
    "GRU": (NETWORKS["GRU"], "cannot be batched over runs"),
    "Dropout": (options("make_cnn", "2,5", dropout=0.3), "draws random numbers itself"),
}


@pytest.mark.parametrize("name", ALONE)
def test_trained_one_by_one(trained, name):
    """What cannot train in a fleet is found before, and a run is the same again, whatever was drawn meanwhile."""
    given, sentence = ALONE[name]
    run = make_run(*given, "sharing=soft")
    [checked] = check_runs([run]).values()
    assert sentence in checked.alone
    (first, _), _, (again, _) = trained(run), torch.rand(7), trained(run)
    for one, other in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_each_seed_draws_dropout_of_its_own(trained):
    """At equal weights and samples, another seed would drop others: the losses differ by more than rounding."""
    with_dropout, _ = trained(make_run(*ALONE["Dropout"][0]))
    without, _ = trained(make_run(*NETWORKS["CNN"]))
    weights = [next(fleet.objectives.parameters()) for fleet in (with_dropout, without)]
    assert not torch.allclose(*weights)


MISTAKES = {
    "samples": (options("ResNet", "blocks.*", dataset="digits"), r"must take samples \(1, 8, 8\) of float32, got"),
    "outputs": (options("Gpt", "blocks.*", dataset="markov_text", tokens=65), r"must give outputs \(2, 64\) for 2"),
    "submodule": (options("ResNet", "block.0,blocks.1"), "there is no submodule 'block.0'"),
    "shapes": (options("EncoderDecoder", "encoder.0,encoder.1", dataset="digits_reconstruction"), "the same shape"),
    "no sites": (NETWORKS["ResNet"][:3], "model.network.sites must name at least one site"),
    "cross_stitch": ((*NETWORKS["ResNet"], "sharing=cross_stitch"), "must have copies that work in parallel"),
    "token noise": ((*NETWORKS["GPT"], "regularizer=[input_noise]"), "must be left out for tokens"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_said_before_training(name):
    given, sentence = MISTAKES[name]
    with pytest.raises(UserError, match=sentence):
        check_runs([make_run(*given)])


def test_narrow_scales_the_named_option():
    given = (*options("ResNet", "blocks.*", width=6), "model.scaled_sizes=[module.width]")
    counts = [unique_parameters(build_objective(make_run(*given, f"method={m}")).network) for m in ("narrow", "hard")]
    assert counts[0] == pytest.approx(counts[1], rel=0.25)


@pytest.mark.parametrize("name", ["ResNet", "GPT", "GRU"])
def test_representations_of_equal_copies_agree(name):
    """Each submodule gets what any is given: shared ones give the same, others do not."""
    for method, is_same in (("hard", True), ("none", False)):
        network = build_objective(make_run(*NETWORKS[name], f"method={method}")).network.eval()
        given = network.representations(load_dataset(make_run(*NETWORKS[name])).x[:4])
        assert torch.allclose(given[0], given[1]) == is_same
        assert given.shape[1] == 4 * len(given)


def test_representations_that_cannot_be_compared():
    """An embedding takes no features: there is nothing to compare."""

    def make_tied():
        return nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5, bias=False))

    from sharegap.models import ModuleNetwork, NetworkSpec
    from sharegap.sharing import Hard

    network = ModuleNetwork(NetworkSpec((4,), (4, 5), Hard), module=make_tied, sites={"embeddings": ["0", "1"]})
    assert not network.representations(torch.zeros(2, 4, dtype=torch.long)).any()
