"""Whether an optimizer can train a network."""

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.execute.optimizer import check_optimizer

NETWORK = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))


def check(target, **options):
    check_optimizer({"lr": 0.1, "build": {"_target_": target, "_partial_": True, **options}}, NETWORK)


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
        check(f"torch.optim.{name}", **options)


def test_refuses_what_is_no_optimizer(monkeypatch):
    monkeypatch.setattr(torch.optim, "Pair", lambda parameters, lr: (parameters, lr), raising=False)
    with pytest.raises(UserError, match=r"optimizer\.build\._target_ must be an optimizer, got Pair"):
        check("torch.optim.Pair")


@pytest.mark.parametrize("name", ["Adam", "SGD", "LBFGS", "Adafactor", "AdamW"])
def test_takes_what_can_train(name):
    before = [parameter.clone() for parameter in NETWORK.parameters()]
    check(f"torch.optim.{name}")
    assert all(parameter.equal(old) for parameter, old in zip(NETWORK.parameters(), before, strict=True))
