"""Every sharing strategy at every site: one test for all of them. A new strategy or model needs a row in a table."""

import copy
from itertools import product

import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute.build import build_fleet, build_objective, load_dataset
from sharegap.metrics import relative_copy_distance
from sharegap.plan.configs import CONF
from sharegap.training.fit import train
from tests.helpers import make_run
from tests.rows import widened

TINY = ["training.steps=4", "training.evaluations=2", "training.batch_size=20", "dataset.n_train=120"]
TINY += ["dataset.n_validation=60", "trainer.precision=64-true"]
SITES = {
    "positions": ["dataset=mnist1d", "model=local1d", "model.network.channels=3"],
    "positions in two dimensions": ["dataset=digits", "model=local2d", "model.network.channels=2"],
    "inputs": ["dataset=mnist1d", "model=patches", "model.network.widths=[5,4]"],
    "branches": ["dataset=digit_pairs", "model=siamese", "model.network.widths=[5]", "model.network.embedding=3"],
    "tasks": ["dataset=two_digits", "model=multitask", "model.network.widths=[5,4]"],
    "tasks in data of their own": ["dataset=related_tasks", "model=per_task", "model.network.widths=[5]"],
    "encoder/decoder": ["dataset=digits_reconstruction", "model=autoencoder", "model.network.widths=[5]"],
    "time": ["dataset=mnist1d", "model=recurrent", "model.network.units=2"],
    "layers": ["dataset=digits", "model=residual", "model.network.width=6", "model.network.depth=3"],
    "embeddings": ["dataset=markov_text", "model=language", "model.network.embedding=4", "model.network.width=5"],
}
MODELS = {option.removeprefix("model=") for options in SITES.values() for option in options if option[:6] == "model="}
SAME_CLASS = {"patches2d"}  # as another model of the table, with other numbers

STRATEGIES = sorted(path.stem for path in (CONF / "sharing").glob("*.yaml"))
SOFT = [strategy for strategy in STRATEGIES if strategy[:4] == "soft"]
OFF = {"hard_first": "sharing.strategy.layers=0"} | dict.fromkeys(
    [*SOFT, "trace_norm", "mixture"], "sharing.strength=0"
)
"""Where a strategy is independent."""
STRONG = {
    "hard_first": "sharing.strategy.layers=99",
    "templates": "sharing.strategy.templates=1",
    "hashed": "sharing.strategy.compression=1000000",
    "soft": "sharing.strength=10",
    "soft_proximal": "sharing.strength=1000000",
    "soft_smooth": "sharing.strength=10",
    "soft_cosine": "sharing.strength=10",
    "soft_l1": "sharing.strength=1",
    "soft_group": "sharing.strength=1",
}
"""The strong end of those that end at hard sharing: the others share something else than copies."""


def refused(strategy, site):
    kind = site.split(" in ")[0]
    unordered = strategy == "soft_smooth" and kind not in ("positions", "time", "layers")
    return unordered or (strategy == "cross_stitch" and kind not in ("branches", "tasks"))


GRID = [pair for pair in product(STRATEGIES, SITES) if not refused(*pair)]
REFUSED = [pair for pair in product(STRATEGIES, SITES) if refused(*pair)]


def tiny(site, strategy, *more):
    return make_run(*TINY, *SITES[site], f"sharing={strategy}", *more)


def test_the_table_has_every_model():
    assert {path.stem for path in (CONF / "model").glob("*.yaml")} == MODELS | SAME_CLASS


@pytest.mark.parametrize(("strategy", "site"), REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(strategy, site):
    with pytest.raises(Exception, match="this network's site is its") as raised:
        build_objective(tiny(site, strategy))
    assert isinstance(raised.value, UserError) or isinstance(raised.value.__cause__, UserError)


class Killed(BaseException):
    """What no handler expects, as a killed process."""


@pytest.mark.parametrize(("strategy", "site"), GRID)
def test_trains_in_a_fleet_as_alone_and_resumes(tmp_path, trained, strategy, site):
    run = tiny(site, strategy)
    _, [expected, other] = trained(run, run.with_numbers({"seed": 1}))
    assert not expected["diverged"]
    assert expected["final_train_loss"] != other["final_train_loss"]

    checkpoint, rows, broken = tmp_path / "broken.ckpt", [], build_fleet([run])

    def kill(_):
        if broken.global_step == 3:
            raise Killed

    options = {"accelerator": "cpu", "precision": "64-true"}
    with pytest.raises(Killed):
        train(broken, options, checkpoint, rows.extend, kill)
    torch.set_default_dtype(torch.float32)  # a process that was killed leaves nothing behind
    train(build_fleet([run]), options, checkpoint, rows.extend)
    figures = [name for name, value in expected.items() if isinstance(value, float) and name != "train_seconds"]
    got, wanted = (
        torch.tensor([row[name] for name in figures], dtype=torch.double) for row in (widened(rows[0]), expected)
    )
    torch.testing.assert_close(got, wanted, rtol=1e-8, atol=1e-9, equal_nan=True)


def batch_of(run):
    dataset = load_dataset(run)
    return tuple(t[:8].double() if t.is_floating_point() else t[:8] for t in (dataset.x, dataset.y))


def stepped(run):
    """The network's parameters after some steps of training."""
    objective, batch = build_objective(run).double(), batch_of(run)
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        objective(*batch).backward()
        optimizer.step()
        objective.pull(torch.tensor(0.01))
    return dict(objective.network.named_parameters())


@pytest.mark.parametrize(("strategy", "site"), [pair for pair in GRID if pair[0] in OFF])
def test_at_its_weak_end_it_is_independent_bit_for_bit(strategy, site):
    off, independent = (stepped(tiny(site, *options)) for options in ((strategy, OFF[strategy]), ("independent",)))
    for name, parameter in independent.items():
        assert torch.equal(off[name], parameter), name


@pytest.mark.parametrize(("strategy", "site"), GRID)
def test_gradients_agree_with_finite_differences(strategy, site):
    run = tiny(site, strategy)
    objective, (x, y) = build_objective(run).double(), batch_of(run)
    objective(x, y).backward()
    generator = torch.Generator().manual_seed(0)
    parameters = list(objective.parameters())
    directions = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in parameters]
    slope = sum((p.grad * d).sum() for p, d in zip(parameters, directions, strict=True) if p.grad is not None)

    def moved(step):
        with torch.no_grad():
            for p, d in zip(parameters, directions, strict=True):
                p.add_(step * d)
            value = objective(x, y)
            for p, d in zip(parameters, directions, strict=True):
                p.sub_(step * d)
        return value

    difference = (moved(1e-6) - moved(-1e-6)) / 2e-6
    torch.testing.assert_close(slope, difference, rtol=1e-5, atol=1e-7)


def apart(strategy, network):
    """How far the copies of a network are from being shared hard."""
    if strategy == "hashed":  # shares numbers up to their sign
        network = copy.deepcopy(network)
        for module in network.modules():
            if hasattr(module, "sign"):
                module.sign.abs_()
    return relative_copy_distance(network).item()


@pytest.mark.parametrize(("strategy", "site"), [pair for pair in GRID if pair[0] in STRONG])
def test_the_strong_end_approaches_hard_sharing(strategy, site):
    """300 steps of Adam on the strategy's pull alone: what is left of the distance that independent copies have."""
    objective = build_objective(tiny(site, strategy, STRONG[strategy])).double()
    start = relative_copy_distance(build_objective(tiny(site, "independent")).network).item()
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        penalties = [site.penalty() for site in objective.each_site()]
        pull = sum(p for p in penalties if p is not None)
        if isinstance(pull, torch.Tensor):
            pull.backward()
            optimizer.step()
        objective.pull(torch.tensor(0.01))
    assert apart(strategy, objective.network) < 0.2 * start


def test_every_strategy_with_an_end_has_a_row():
    assert set(STRATEGIES) - set(STRONG) == {"independent", "hard", "trace_norm", "mixture", "cross_stitch"}
