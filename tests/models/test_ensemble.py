import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute.build import build_objective, load_dataset
from sharegap.metrics import unique_parameters
from tests.helpers import make_run

DATA_AND_MODELS = [
    ("mnist1d", "local1d"),
    ("two_digits", "multitask"),
    ("digit_pairs", "siamese"),
    ("digits_reconstruction", "autoencoder"),
    ("markov_text", "language"),
]


@pytest.mark.parametrize(("dataset", "model"), DATA_AND_MODELS)
def test_predicts_the_mean_of_its_members(dataset, model):
    run = make_run(f"dataset={dataset}", f"model={model}", "model.ensemble_size=3")
    network = build_objective(run).network
    x = load_dataset(run).x[:5]
    members, average = torch.stack([member(x) for member in network.members]), network(x)
    assert not torch.allclose(members[0], members[1])
    if dataset == "digits_reconstruction":
        torch.testing.assert_close(average, members.mean(0))
    elif dataset == "digit_pairs":
        distances = (members[:, :, 0] - members[:, :, 1]).norm(dim=-1)
        torch.testing.assert_close((average[:, 0] - average[:, 1]).norm(dim=-1), distances.mean(0))
    else:
        torch.testing.assert_close(average.softmax(-1), members.softmax(-1).mean(0))


def test_smaller_ensembles_have_the_first_members(trained):
    """Measured beside the whole, they score as ensembles that were trained with so few members."""
    options = ["trainer.precision=64-true", "regularizer=dropout"]
    (_, [two]), (four, [row]) = (trained(make_run(*options, f"model.ensemble_size={size}")) for size in (2, 4))
    scores = {metric["metric"]: metric["value"] for metric in row["extra_metrics"]}
    assert scores.keys() == {"score of 2 members", "score of 3 members"}
    assert scores["score of 2 members"] == pytest.approx(two["final_test_score"], abs=1e-9)
    assert four.smaller_ensembles[3].members == four.objectives.network.members[:3]
    assert two["extra_metrics"] == []


@pytest.mark.parametrize(
    "options", [["sharing=soft"], ["sharing=hard", "regularizer=l2"], ["regularizer=output_noise"]]
)
def test_a_member_is_trained_as_alone(trained, options):
    options = [*options, "trainer.precision=64-true"]
    (alone, _), (ensemble, _) = trained(make_run(*options)), trained(make_run(*options, "model.ensemble_size=2"))
    first, second = ensemble.objectives.network.members
    for expected, same, other in zip(
        alone.objectives.network.parameters(), first.parameters(), second.parameters(), strict=True
    ):
        torch.testing.assert_close(same, expected, rtol=1e-9, atol=1e-12)
        assert not torch.allclose(other, expected)


def test_members_have_parameters_and_noise_each(trained):
    (one, [alone]), (_, [three]) = (
        trained(make_run("sharing=hard", "regularizer=dropout", f"model.ensemble_size={members}")) for members in (1, 3)
    )
    assert three["unique_parameters"] == 3 * alone["unique_parameters"] == 3 * unique_parameters(one.objectives.network)
    noisy = build_objective(make_run("regularizer=dropout", "model.ensemble_size=2")).network
    dropouts = [module for module in noisy.modules() if type(module).__name__ == "DropoutLayer"]
    assert len(dropouts) % 2 == 0
    assert len({id(dropout) for dropout in dropouts}) == len(dropouts) > 0


@pytest.mark.parametrize("members", ["0", "1.5", "2.0", "many"])
def test_refuses_sizes_out_of_range(members):
    with pytest.raises(UserError, match=r"model\.ensemble_size must be an integer >= 1"):
        build_objective(make_run(f"model.ensemble_size={members}"))
