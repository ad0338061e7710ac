from sharegap.sharing import Site


def test_copies_is_the_size_of_the_grid():
    assert Site("positions", (3, 4)).copies == 12
    assert Site("tasks", (2,)).copies == 2


def test_order_and_parallel_are_declared():
    plain, declared = Site("mine", (2,)), Site("mine", (2,), depth=3, ordered=True, parallel=True)
    assert (plain.depth, plain.ordered, plain.parallel) == (0, False, False)
    assert (declared.depth, declared.ordered, declared.parallel) == (3, True, True)
