"""The check of a model."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sharegap.execute.build import build_network, build_objective, load_dataset
from sharegap.models import Network
from sharegap.models.network import MAX_REPRESENTED
from sharegap.plan.run import Run
from sharegap.sharing import Hard, Independent
from sharegap.testing.findings import require, stating
from sharegap.testing.runs import make_run
from sharegap.testing.sites import network_spec, record_sites, small_options
from sharegap.training.stacking import stack, vmap_runs

BATCH = 6


def check_model(name: str, config_dir: str | None = None, overrides: Sequence[str] = ()) -> None:
    """Check a model, at small sizes, on the first of sharegap's data sets without download that fits it.

    - It has one site, of two or more copies, and depths from 0 on.
    - Its outputs have the shape that the task asks for, and each depends on its own sample alone.
    - Equal copies are the network with hard sharing, and what one weight receives is what its copies receive together.
    - `representations` are finite, at most 1000 samples, and equal under hard sharing only.
    - Each hidden layer is called once.
    - Many networks run side by side under `torch.func.vmap` as one by one.

    Args:
        name: a choice of the config group `model`.
        config_dir: a folder with more choices, which holds `model/<name>.yaml`.
        overrides: further options, e.g. `dataset=mine` for a model that takes data of another kind.

    Raises:
        AssertionError: for the first of these that does not hold.

    Example:
        >>> check_model("siamese", overrides=["model.network.layers=[[3, 1]]"])
    """
    run = make_run(*small_options(name, config_dir, tuple(overrides)), config_dir=config_dir)
    where = f"model={name} with dataset={run.config['dataset']['name']}"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        with stating(f"{where}: its network"):
            _check_site(run, where)
            _check_outputs(run, where)
            _check_equal_copies(run, where)
            _check_hidden_layers(run, where)
            _check_representations(run, where)
        with stating(f"{where}: running under torch.func.vmap"):
            _check_vmap(run, where)


def _build(run: Run, sharing: Any, make_hidden_layer: Any = nn.Identity) -> Network:
    return build_network(run.config["model"]["network"], network_spec(run, sharing, make_hidden_layer))


def _samples(run: Run, count: int) -> Tensor:
    """The first samples, repeated where there are too few; real numbers in double precision."""
    x = load_dataset(run).x
    x = x[torch.arange(count) % len(x)]
    return x.double() if x.is_floating_point() else x


def _check_site(run: Run, where: str) -> None:
    sites = [site for site, _ in record_sites(run)]
    names, depths = {site.name for site in sites}, {site.depth for site in sites}
    require(len(names) == 1, f"{where} must have one site, got {sorted(names)}")
    require(
        sorted(depths) == list(range(len(depths))),
        f"{where} must number its layers by depth, from 0 on without a gap, got {sorted(depths)}",
    )


def _check_outputs(run: Run, where: str) -> None:
    x, y = _samples(run, BATCH), load_dataset(run).y[:BATCH]
    for sharing in (Hard, Independent):
        task, network = build_objective(run).task, _build(run, sharing).double()
        outputs = network(x)
        # Where each sample belongs to one of many tasks, it has that task's outputs: as many as targets.
        expected = (BATCH, *task.output_shape) if task.classes else tuple(y.shape)
        # An empty output_shape means embeddings of any size.
        got = tuple(outputs.shape) if task.output_shape else tuple(outputs.shape)[:1]
        require(got == expected, f"{where} must give outputs (batch, *output_shape) = {expected}, got {got}")
        losses = task.loss(outputs, y)
        require(
            losses.shape == (BATCH,) and losses.isfinite().all(),
            f"{where} must give outputs with a finite loss for each sample, got {losses.tolist()}",
        )
        require(
            not torch.allclose(outputs, outputs[:1].expand_as(outputs)),
            f"{where} must give outputs that depend on the samples, got the same for all of a batch",
        )
        alone = torch.cat([network(sample.unsqueeze(0)) for sample in x])
        require(
            torch.allclose(alone, outputs),
            f"{where} must give each sample the outputs that it gets alone, got others in a batch: leave out what "
            "mixes samples, such as BatchNorm",
        )


def _check_equal_copies(run: Run, where: str) -> None:
    hard, free, x = _build(run, Hard).double(), _build(run, Independent).double(), _samples(run, BATCH)
    with torch.no_grad():
        for path, parameter in free.named_parameters():
            parameter.copy_(hard.get_parameter(path))
    outputs = hard(x), free(x)
    require(
        torch.allclose(*outputs),
        f"{where} must give the outputs of hard sharing where all copies are equal, got others: use each copy as the "
        "shared weight is used",
    )
    pull = torch.randn_like(outputs[0])
    for output in outputs:
        (output * pull).sum().backward()
    for path, parameter in hard.named_parameters():
        copies = free.get_parameter(path).grad
        require(
            parameter.grad is not None and parameter.grad.any() and copies is not None,
            f"{where} must use all its parameters, got no gradient for {path}",
        )
        assert copies is not None
        assert parameter.grad is not None
        together = copies.sum(0) if copies.dim() > parameter.dim() else copies
        require(
            torch.allclose(together, parameter.grad, atol=1e-7),
            f"{where} must give a shared weight the gradients of its copies together, got others for {path}",
        )


def _check_representations(run: Run, where: str) -> None:
    counts = {site.copies for site, _ in record_sites(run)}
    for sharing in (Hard, Independent):
        network = _build(run, sharing).double()
        found = network.representations(_samples(run, BATCH))
        require(
            found.dim() == 3 and len(found) in counts,
            f"{where} must have representations (copies, samples, features), got {tuple(found.shape)}",
        )
        require(
            found.shape[1] % BATCH == 0 and found.isfinite().all(),
            f"{where} must have finite representations of every sample, got {tuple(found.shape)}",
        )
        equal = torch.allclose(found, found[:1].expand_as(found))
        require(
            equal == (sharing is Hard),
            f"{where} must have representations that are equal between copies under hard sharing only, got "
            f"{'equal' if equal else 'different'} ones under {sharing.__name__}",
        )
        many = network.representations(_samples(run, MAX_REPRESENTED + 1))
        require(
            many.shape[1] <= MAX_REPRESENTED,
            f"{where} must represent at most {MAX_REPRESENTED} samples, got {many.shape[1]}: call subsample",
        )


class _Counter(nn.Module):
    """Counts its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x


def _check_hidden_layers(run: Run, where: str) -> None:
    made: list[_Counter] = []

    def make_hidden_layer() -> _Counter:
        made.append(_Counter())
        return made[-1]

    for sharing in (Hard, Independent):
        made.clear()
        _build(run, sharing, make_hidden_layer).double()(_samples(run, BATCH))
        calls = {layer.calls for layer in made}
        require(
            calls == {1},
            f"{where} must put a layer of make_hidden_layer after each activation and call it once, got "
            f"{len(made)} layers and calls {sorted(calls)}",
        )


def _check_vmap(run: Run, where: str) -> None:
    x = torch.stack([_samples(run, BATCH), _samples(run, 2 * BATCH)[BATCH:]])
    for sharing in (Hard, Independent):
        networks = [_build(run, sharing).double() for _ in x]
        stacked = stack(networks)
        for call in (Network.__call__, type(networks[0]).representations):
            expected = torch.stack([call(network, part) for network, part in zip(networks, x, strict=True)])
            require(
                torch.allclose(vmap_runs(stacked, x, function=call), expected),
                f"{where} must run side by side as one by one, got other numbers under torch.func.vmap",
            )
