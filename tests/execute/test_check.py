import json

import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute.check import _try_optimizer, check_runs, compatible_models
from tests.helpers import make_run

IMAGES = ["patches", "patches2d", "residual"]
TRANSFORMERS = ["transformer", "transformer_heads"]
TEXT_TRANSFORMERS = ["transformer", "transformer_embeddings", "transformer_heads"]
FITTING = [
    ((1, 16), (3,), ["local1d", "patches", "patches2d", "recurrent", "residual", *TRANSFORMERS]),
    ((1, 16), (16,), ["autoencoder", "local1d", "patches", "patches2d", "recurrent", "residual", *TRANSFORMERS]),
    ((3, 16, 12), (1,), ["local2d", *IMAGES, *TRANSFORMERS]),
    ((3, 16, 12), (4, 2), ["multitask"]),
    ((2, 1, 9, 9), (), ["siamese"]),
    ((1, 9, 9), (), []),
    ((11,), (40, 1), ["per_task"]),
    ((16,), (16,), ["autoencoder"]),
    ((16,), (65,), []),
]
FITTING_TOKENS = [
    ((16,), (65,), ["language", *TEXT_TRANSFORMERS]),
    ((16,), (16,), ["language", *TEXT_TRANSFORMERS]),
    ((16,), (16, 65), TEXT_TRANSFORMERS),
    ((1, 16), (65,), []),
]


@pytest.mark.parametrize(("sample", "output", "models"), FITTING, ids=str)
def test_compatible_models_by_shape(sample, output, models):
    """The models that take a shape are those that can be built for it."""
    assert compatible_models(sample, output, has_tokens=False) == models


@pytest.mark.parametrize(("sample", "output", "models"), FITTING_TOKENS, ids=str)
def test_compatible_models_of_tokens(sample, output, models):
    assert compatible_models(sample, output, has_tokens=True) == models


def test_compatible_models_ignore_sizes():
    """A default that is too large for the samples is no reason to leave a model out."""
    assert "local1d" in compatible_models((1, 1), (2,), has_tokens=False)


def attempt(target, **options):
    build = {"_target_": target, "_partial_": True, **options}
    return _try_optimizer(json.dumps({"lr": 0.1, "build": build}), frozenset({torch.Size([2, 3]), torch.Size([2])}))


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("Adam", {"betas": [2, 3]}, r"Adam can train this model with, got betas=\[2, 3\]: Invalid beta parameter"),
        ("Adam", {"fused": True, "foreach": True}, "got fused=True, foreach=True: `fused` and `foreach` cannot be"),
        ("SGD", {"nesterov": True}, "got nesterov=True: Nesterov momentum requires"),
        ("Muon", {}, "Muon can train this model with, got no options: Muon only supports 2D"),
        ("SparseAdam", {}, "SparseAdam can train this model with, got no options: SparseAdam does not support"),
    ],
)
def test_refuses_what_torch_refuses(name, options, sentence):
    with pytest.raises(UserError, match=sentence):
        attempt(f"torch.optim.{name}", **options)


def test_refuses_what_is_no_optimizer(monkeypatch):
    monkeypatch.setattr(torch.optim, "Pair", lambda parameters, lr: (parameters, lr), raising=False)
    with pytest.raises(UserError, match=r"optimizer\.build\._target_ must be an optimizer, got tuple"):
        attempt("torch.optim.Pair")


def test_a_network_is_tried_whatever_the_optimizer():
    """What no fleet can keep is refused where runs are trained one by one, too."""
    options = ["optimizer.build._target_=torch.optim.LBFGS", "~optimizer.build.fused"]
    (checked,) = check_runs([make_run(*options)]).values()
    assert "LBFGS does not act on each number by itself" in checked.alone
