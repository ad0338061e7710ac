"""Each model at a small size, with data that fit it."""

from functools import cache
from typing import Any

import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.execute.build import build_network, build_task, load_dataset
from sharegap.models import NetworkSpec
from sharegap.plan.run import Run
from sharegap.sharing import Hard, Site
from sharegap.sharing.strategy import Init
from sharegap.testing.runs import TINY, choices, compose_options, make_run

EXAMPLES = (
    "digits",
    "mnist1d",
    "digit_pairs",
    "two_digits",
    "related_tasks",
    "digits_reconstruction",
    "markov_text",
)
"""A data set of each kind, none of which is downloaded; a model is checked with the first that fits it."""
SMALL_SIZE = 5
"""Widths in a check are at most this."""


@cache
def small_options(model: str, config_dir: str | None = None, overrides: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the options of a tiny run of a model: its sizes as small as a check needs, and data that fit.

    Args:
        model: its name.
        config_dir: a folder with more choices.
        overrides: further options; a `dataset=` among them decides the data.

    Raises:
        AssertionError: where no data set fits.
    """
    named = [option.removeprefix("dataset=") for option in overrides if option.startswith("dataset=")]
    composed = compose_options(f"model={model}", *overrides, config_dir=config_dir).model
    sizes = [f"model.network.{name}={_shrink(composed.network[name])}" for name in composed.get("scaled_sizes", [])]
    refusal: Exception | None = None
    for dataset in named or EXAMPLES:
        options = (*TINY, f"dataset={dataset}", f"model={model}", *sizes, *overrides)
        try:
            sites = record_sites(make_run(*options, config_dir=config_dir))
        except UserError as error:
            refusal = error
            continue
        except Exception as error:
            raise AssertionError(f"model={model} with dataset={dataset} raised {error!r}") from error
        # A patch as large as the sample leaves one copy, which nothing could be shared with.
        if sites and all(site.copies > 1 for site, _ in sites):
            return options
    raise AssertionError(
        f"model={model} must have a site of two or more copies with one of {', '.join(named or EXAMPLES)}: name data "
        "that fit, e.g. overrides=['dataset=mine']"
    ) from refusal


def fitting_options(dataset: str, *overrides: str, config_dir: str | None = None) -> tuple[str, ...]:
    """Return the options of a tiny run on a data set, with the first model that fits.

    Raises:
        AssertionError: where no model fits.
    """
    models = choices("model", config_dir)
    for model in models:
        try:
            return small_options(model, config_dir, (f"dataset={dataset}", *overrides))
        except AssertionError:
            continue
    raise AssertionError(f"dataset={dataset} must fit a model, got a refusal of each of {', '.join(models)}")


def example_dataset(model: str) -> str:
    """Return the name of the data set that a model is checked with.

    Example:
        >>> example_dataset("siamese")
        'digit_pairs'
    """
    [dataset] = [option for option in small_options(model) if option.startswith("dataset=")]
    return dataset.removeprefix("dataset=")


def record_sites(run: Run) -> list[tuple[Site, tuple[int, ...]]]:
    """Return the site and the shape of all weights that a run's network shares, in order."""
    sites = []

    def record(site: Site, shape: tuple[int, ...], init: Init) -> Hard:
        sites.append((site, tuple(shape)))
        return Hard(site, shape, init)

    spec = network_spec(run, record)
    with torch.device("meta"):
        build_network(run.config["model"]["network"], spec)
    return sites


def network_spec(run: Run, sharing: Any, make_hidden_layer: Any = nn.Identity) -> NetworkSpec:
    """Return what a run's network is built from, with another sharing."""
    dataset = load_dataset(run)
    return NetworkSpec(
        dataset.sample_shape, build_task(run).output_shape, sharing, make_hidden_layer, has_tokens=dataset.has_tokens
    )


def _shrink(size: Any) -> Any:
    """A width, or a list of widths, of at most `SMALL_SIZE`; where there may be hidden layers, there is one."""
    if isinstance(size, int):
        return min(size, SMALL_SIZE)
    return [min(width, SMALL_SIZE) for width in size] or [SMALL_SIZE]
