"""What holds for the network of every site."""

import pytest

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.models import LanguageModel, NetworkSpec, PerTask
from sharegap.models.network import IncompatibleShapeError
from sharegap.sharing import Hard
from sharegap.testing import check_model
from sharegap.testing.runs import choices
from tests.helpers import make_run

VARIANTS = {"siamese": ["model.network.layers=[[3,1],[2,1]]"], "local1d": ["model.network.layers=[[3,2]]"]}
"""Sizes that build another network than the defaults do."""


@pytest.mark.parametrize("model", choices("model"))
def test_every_model(model):
    check_model(model)


@pytest.mark.parametrize("model", VARIANTS)
def test_models_of_other_sizes(model):
    check_model(model, overrides=VARIANTS[model])


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
    with pytest.raises(UserError, match="choose another model or dataset") as refused:
        build_objective(make_run(f"model={model}", f"dataset={dataset}"))
    sentence = str(refused.value)
    assert sentence.startswith(
        f"this model takes {takes}; the data have samples {sample} and ask for outputs {output}: choose another model"
    )
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("model", "sizes", "output", "has_tokens", "kind"),
    [
        (PerTask, {"widths": []}, (64, 27), True, "tokens"),
        (LanguageModel, {"embedding": 2, "width": 2}, (64,), False, "real numbers"),
    ],
)
def test_tokens_and_numbers_of_one_shape_are_told_apart(model, sizes, output, has_tokens, kind):
    with pytest.raises(IncompatibleShapeError, match=rf"the data have samples of {kind} \(64,\) and ask"):
        model(NetworkSpec((64,), output, Hard, has_tokens=has_tokens), **sizes)


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
    with pytest.raises(UserError, match=sentence):
        build_objective(make_run(*model))
