"""What is timed: one measurement and one validation per round."""

from benchmarks.gap_monitor import MODELS, compare, row


def test_ways_take_turns():
    seconds = compare(MODELS["MLP"](), samples=20, batch_size=10, rounds=2)
    assert [len(times) for times in seconds.values()] == [2, 2]


def test_ratio_is_of_the_same_round():
    assert row("MLP", {"GapMonitor": [2.0, 9.0, 4.0], "Lightning": [1.0, 3.0, 4.0]}) == [
        "MLP",
        "4.000",
        "3.000",
        "2.00 (1.00–3.00)",
    ]
