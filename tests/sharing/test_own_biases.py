import pytest

from sharegap.sharing import Hard, Independent, Site, own_biases

TIME = Site("time", (4,), inputs=(2, None))


@pytest.mark.parametrize(
    ("site", "shape", "expected"),
    [
        (Site("tasks", (4,)), (3, 2), Hard),
        (Site("tasks", (4,)), (3,), Independent),
        (TIME, (2, 6, 3), Hard),
        (TIME, (2, 6), Independent),
    ],
)
def test_only_biases_are_independent(site, shape, expected, normal):
    assert type(own_biases(site, shape, normal)) is expected


@pytest.mark.parametrize(("copies_init", "draws"), [("same", 1), ("independent", 4)])
def test_biases_follow_copies_init(copies_init, draws, normal):
    biases = own_biases(Site("tasks", (4,)), (3,), normal, copies_init)
    assert len(biases().unique(dim=0)) == draws
