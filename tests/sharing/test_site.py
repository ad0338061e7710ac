from sharegap.sharing import Site


def test_copies_is_the_size_of_the_grid():
    assert Site("positions", (3, 4)).copies == 12
    assert Site("tasks", (2,)).copies == 2


def test_order_and_parallel_are_declared():
    plain, declared = Site("mine", (2,)), Site("mine", (2,), depth=3, ordered=True, parallel=True)
    assert (plain.depth, plain.ordered, plain.parallel) == (0, False, False)
    assert (declared.depth, declared.ordered, declared.parallel) == (3, True, True)


def test_inputs_are_all_dimensions_but_the_first():
    """Unless the site says others; a bias has none."""
    convolutions, steps = Site("mine", (2,)), Site("mine", (2,), inputs=(2, None))
    assert [list(convolutions.input_dims(shape)) for shape in ((4,), (4, 3), (4, 3, 5))] == [[], [1], [1, 2]]
    assert [list(steps.input_dims(shape)) for shape in ((2, 6), (2, 6, 3))] == [[], [2]]
    assert list(Site("mine", (2,), inputs=(0, 1)).input_dims((9, 4))) == [0]
