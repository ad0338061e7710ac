"""Every sharing strategy at every site: one test for all. A new strategy needs no line here, a new model one row."""

import copy
from itertools import product

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.execute.build import build_fleet, build_objective, load_dataset
from sharegap.metrics import relative_copy_distance
from sharegap.plan.configs import CONF
from sharegap.sharing import SharingStrategy, Site
from sharegap.training.fit import fit
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
ORDERED, PARALLEL = {"positions", "time", "layers"}, {"branches", "tasks"}
WEAK_END = {"hard_first": "sharing.strategy.layers=0"}
STRONG_END = {"hard_first": "sharing.strategy.layers=99", "hashed": "sharing.strategy.compression=1000000"}
"""The ends of strategies without a strength λ, where the grid of conf/sharing does not reach them."""


def tiny(site, strategy, *more):
    return make_run(*TINY, *SITES[site], f"sharing={strategy}", *more)


def make_weight(strategy, ordered, parallel):
    """The weight of a site that is ordered or parallel, or neither."""
    site = Site("any", (2,), ordered=ordered, parallel=parallel)
    return instantiate(make_run(f"sharing={strategy}").config["sharing"]["strategy"])(site, (3, 2), torch.nn.init.ones_)


def is_refused(strategy, site):
    name = site.split(" in ")[0]
    try:
        make_weight(strategy, name in ORDERED, name in PARALLEL)
    except UserError:
        return True
    return False


def has_strength(strategy):
    return "strength" in make_run(f"sharing={strategy}").config["sharing"]


def weak_end(strategy):
    """The option that turns the strategy off, if there is one."""
    if has_strength(strategy):
        return "sharing.strength=0"
    return WEAK_END.get(strategy)


def strong_end(strategy):
    """The option at which copies are equal, if the strategy says that there is one."""
    if strategy == "hard" or not make_weight(strategy, ordered=True, parallel=True).approaches_hard:
        return None
    if has_strength(strategy):
        return "sharing.strength=10"
    if strategy in STRONG_END:
        return STRONG_END[strategy]
    option = OmegaConf.load(CONF / "method" / f"{strategy}.yaml").method.tunes
    return f"{option}={OmegaConf.load(CONF / 'sharing' / f'{strategy}.yaml').grid[-1]}"


PAIRS = list(product(STRATEGIES, SITES))
GRID = [pair for pair in PAIRS if not is_refused(*pair)]
REFUSED = [pair for pair in PAIRS if is_refused(*pair)]


def test_every_model_is_in_the_table():
    assert {path.stem for path in (CONF / "model").glob("*.yaml")} == MODELS | SAME_CLASS


def test_every_strategy_serves_a_site():
    assert {strategy for strategy, _ in GRID} == set(STRATEGIES)


@pytest.mark.parametrize(("strategy", "site"), REFUSED)
def test_a_site_it_cannot_serve_is_refused(strategy, site):
    with pytest.raises(Exception, match=r"the site of .* must have copies .*, got ") as raised:
        build_objective(tiny(site, strategy))
    assert isinstance(raised.value, UserError) or isinstance(raised.value.__cause__, UserError)


class Killed(BaseException):
    """Stands for a killed process: no handler expects it."""


@pytest.mark.parametrize(("strategy", "site"), GRID)
def test_trains_in_a_fleet_as_alone_and_resumes(tmp_path, trained, strategy, site):
    run = tiny(site, strategy)
    _, [expected, other] = trained(run, run.with_numbers({"seed": 1}))
    assert not expected["diverged"]
    assert expected["final_train_loss"] != other["final_train_loss"]

    checkpoint, broken = tmp_path / "broken.ckpt", build_fleet([run])

    def kill(_):
        if broken.global_step == 3:
            raise Killed

    options = {"accelerator": "cpu", "precision": "64-true"}
    with pytest.raises(Killed):
        fit(broken, options, checkpoint, kill)
    torch.set_default_dtype(torch.float32)  # a process that was killed leaves nothing behind
    rows = [widened(row) for row in fit(build_fleet([run]), options, checkpoint)]
    figures = [name for name, value in expected.items() if isinstance(value, float) and name != "train_seconds"]
    for name in figures:
        # Batched and single runs add in another order, and training magnifies the rounding.
        assert rows[0][name] == pytest.approx(expected[name], rel=1e-8, abs=1e-9, nan_ok=True), name


def batch_of(run):
    dataset = load_dataset(run)
    return tuple(t[:8].double() if t.is_floating_point() else t[:8] for t in (dataset.x, dataset.y))


def train_steps(run):
    """Return the network's parameters after five steps of training."""
    objective, batch = build_objective(run).double(), batch_of(run)
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        objective(*batch).backward()
        optimizer.step()
        objective.after_step(torch.tensor(0.01))
    return dict(objective.network.named_parameters())


@pytest.mark.parametrize(("strategy", "site"), [pair for pair in GRID if weak_end(pair[0])])
def test_the_weak_end_is_independent(strategy, site):
    """Bit for bit."""
    off, independent = train_steps(tiny(site, strategy, weak_end(strategy))), train_steps(tiny(site, "independent"))
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

    def value_after(step):
        with torch.no_grad():
            for p, d in zip(parameters, directions, strict=True):
                p.add_(step * d)
            value = objective(x, y)
            for p, d in zip(parameters, directions, strict=True):
                p.sub_(step * d)
        return value

    difference = (value_after(1e-6) - value_after(-1e-6)) / 2e-6
    torch.testing.assert_close(slope, difference, rtol=1e-5, atol=1e-7)


def copy_distance(strategy, network):
    """The relative distance between copies, up to what the strategy leaves free."""
    if strategy == "hashed":  # signs
        network = copy.deepcopy(network)
        for module in network.modules():
            if hasattr(module, "sign"):
                module.sign.abs_()
    return relative_copy_distance(network).item()


@pytest.mark.parametrize(("strategy", "site"), [pair for pair in GRID if strong_end(pair[0])])
def test_the_strong_end_is_hard(strategy, site):
    """300 steps of Adam on the penalty alone leave little of the distance between independent copies."""
    objective = build_objective(tiny(site, strategy, strong_end(strategy))).double()
    start = relative_copy_distance(build_objective(tiny(site, "independent")).network).item()
    weights = [module for module in objective.network.modules() if isinstance(module, SharingStrategy)]
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        penalties = [weight.penalty() for weight in weights]
        penalties = [penalty for penalty in penalties if penalty is not None]
        if penalties:
            sum(penalties).backward()
            optimizer.step()
        objective.after_step(torch.tensor(0.01))
    assert copy_distance(strategy, objective.network) < 0.2 * start
