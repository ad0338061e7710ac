import math

import pytest
import torch
from torch.autograd import gradcheck

from sharegap.errors import UserError
from sharegap.sharing import Hashed
from sharegap.sharing.hashed import hash_indices


def test_the_hash_is_fixed_and_draws_nothing():
    before = torch.get_rng_state()
    (bucket, sign), (again, sign_again) = hash_indices(1000, 100), hash_indices(1000, 100)
    assert torch.equal(bucket, again)
    assert torch.equal(sign, sign_again)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_hash_is_even_over_buckets_and_signs():
    bucket, sign = hash_indices(20_000, 10)
    assert bucket.bincount(minlength=10).min() > 1800
    assert sign.unique().tolist() == [-1, 1]
    assert abs(sign.mean().item()) < 0.03
    products = sign * (bucket % 2 * 2 - 1)
    assert abs(products.mean().item()) < 0.03  # the sign tells nothing of the bucket


@pytest.mark.parametrize("compression", [1, 2, 3.5, 8, 60, 1e9])
def test_has_as_many_parameters_as_buckets(compression, site, normal):
    strategy = Hashed(site, (4, 3), normal, compression)
    assert sum(p.numel() for p in strategy.parameters()) == math.ceil(60 / compression)
    assert strategy().shape == (5, 4, 3)


def test_numbers_of_a_bucket_are_equal_up_to_sign(site, normal):
    strategy = Hashed(site, (4, 3), normal, compression=4)
    weight = strategy()
    for bucket in range(15):
        members = strategy.bucket == bucket
        assert len(weight[members].abs().unique()) <= 1
        assert torch.equal(weight[members] * strategy.sign[members], strategy.values[bucket].expand(members.sum()))
    assert len(weight.abs().unique()) == len(strategy.bucket.unique())


def test_full_compression_leaves_one_magnitude(site, normal):
    for compression in (60, 1e9):
        assert len(Hashed(site, (4, 3), normal, compression)().abs().unique()) == 1


def test_compression_1_leaves_a_third_unused(site, normal):
    strategy = Hashed(site, (40, 50), normal, compression=1)
    unused = 1 - len(strategy.bucket.unique()) / 10_000
    assert unused == pytest.approx(math.exp(-1), abs=0.02)


def test_a_bucket_gathers_signed_gradients(site, normal):
    strategy = Hashed(site, (4, 3), normal, compression=6).double()
    pull = torch.randn(5, 4, 3, dtype=torch.float64)
    (strategy() * pull).sum().backward()
    expected = [(pull * strategy.sign)[strategy.bucket == bucket].sum() for bucket in range(10)]
    torch.testing.assert_close(strategy.values.grad, torch.stack(expected))

    def copies(values):
        return torch.func.functional_call(strategy, {"values": values}, ())

    assert gradcheck(copies, strategy.values.detach().clone().requires_grad_())


@pytest.mark.parametrize("compression", [0, 0.5, -1, math.inf, math.nan])
def test_refuses_compressions_out_of_range(compression, site, normal):
    with pytest.raises(UserError, match=r"compression must be a finite number >= 1, got"):
        Hashed(site, (3,), normal, compression)
