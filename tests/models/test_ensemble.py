import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute.build import build_objective, load_dataset
from sharegap.metrics import unique_parameters
from tests.helpers import make_run

PLACES = [
    ("mnist1d", "local1d"),
    ("two_digits", "multitask"),
    ("digit_pairs", "siamese"),
    ("digits_reconstruction", "autoencoder"),
    ("markov_text", "language"),
]


@pytest.mark.parametrize(("dataset", "model"), PLACES)
def test_predicts_the_mean_of_what_its_members_predict(dataset, model):
    run = make_run(f"dataset={dataset}", f"model={model}", "model.ensemble_size=3")
    network = build_objective(run).network
    x = load_dataset(run).x[:5]
    members, together = torch.stack([member(x) for member in network.members]), network(x)
    assert not torch.allclose(members[0], members[1])
    if dataset == "digits_reconstruction":
        torch.testing.assert_close(together, members.mean(0))
    elif dataset == "digit_pairs":
        apart = (members[:, :, 0] - members[:, :, 1]).norm(dim=-1)
        torch.testing.assert_close((together[:, 0] - together[:, 1]).norm(dim=-1), apart.mean(0))
    else:
        torch.testing.assert_close(together.softmax(-1), members.softmax(-1).mean(0))


@pytest.mark.parametrize(
    "options", [["sharing=soft"], ["sharing=hard", "regularizer=l2"], ["regularizer=output_noise"]]
)
def test_a_member_is_trained_as_if_it_were_alone(trained, options):
    options = [*options, "trainer.precision=64-true"]
    (alone, _), (ensemble, _) = trained(make_run(*options)), trained(make_run(*options, "model.ensemble_size=2"))
    first, second = ensemble.objectives.network.members
    for own, same, other in zip(
        alone.objectives.network.parameters(), first.parameters(), second.parameters(), strict=True
    ):
        torch.testing.assert_close(same, own, rtol=1e-9, atol=1e-12)
        assert not torch.allclose(other, own)


def test_all_members_are_counted_and_their_noise_is_their_own(trained):
    (one, [alone]), (_, [three]) = (
        trained(make_run("sharing=hard", "regularizer=dropout", f"model.ensemble_size={members}")) for members in (1, 3)
    )
    assert three["unique_parameters"] == 3 * alone["unique_parameters"] == 3 * unique_parameters(one.objectives.network)
    noisy = build_objective(make_run("regularizer=dropout", "model.ensemble_size=2")).network
    dropouts = [module for module in noisy.modules() if type(module).__name__ == "DropoutLayer"]
    assert len(dropouts) % 2 == 0
    assert len({id(each) for each in dropouts}) == len(dropouts) > 0


@pytest.mark.parametrize("members", ["0", "1.5", "2.0", "many"])
def test_refuses_what_is_no_number_of_members(members):
    with pytest.raises(UserError, match=r"model\.ensemble_size must be an integer >= 1"):
        build_objective(make_run(f"model.ensemble_size={members}"))
