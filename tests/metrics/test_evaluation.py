import torch
import torch.nn.functional as F

from sharegap.metrics import Classification, copies_distance, evaluation
from sharegap.sharing import Hard, Independent


def test_scores_and_losses_are_per_run_and_over_all_batches():
    outputs, targets = torch.randn(3, 50, 4), torch.randint(4, (3, 50))
    metrics = evaluation(Classification(4), runs=3)
    for batch in (slice(0, 37), slice(37, 50)):
        metrics.update(outputs[:, batch], targets[:, batch])
    got = metrics.compute()
    accuracy = (outputs.argmax(-1) == targets).float().mean(1)
    losses = torch.stack([F.cross_entropy(o, t) for o, t in zip(outputs, targets, strict=True)])
    torch.testing.assert_close(got["score"], accuracy)
    torch.testing.assert_close(got["loss"], losses.double(), rtol=1e-6, atol=1e-6)


def test_not_a_number_in_one_run_stays_there():
    outputs, targets = torch.randn(2, 20, 4), torch.randint(4, (2, 20))
    outputs[0] = torch.nan
    metrics = evaluation(Classification(4), runs=2)
    metrics.update(outputs, targets)
    assert metrics.compute()["loss"].isfinite().tolist() == [False, True]


def test_copies_distance_is_relative_to_their_mean():
    site = Independent(2, (2,), torch.nn.init.normal_)
    with torch.no_grad():
        site.value.copy_(torch.tensor([[4.0, 0.0], [2.0, 0.0]]))
    assert abs(copies_distance(site).item() - 1 / 3) < 1e-6  # √(1 + 1) over √(9 + 9)
    assert copies_distance(Hard(2, (2,), torch.nn.init.normal_)).item() == 0
