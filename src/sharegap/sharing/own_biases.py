"""Shared weights with a bias for each use."""

from sharegap.sharing.hard import Hard
from sharegap.sharing.independent import Independent
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import CopiesInit, Init, SharingStrategy


def own_biases(
    site: Site, shape: tuple[int, ...], init: Init, copies_init: CopiesInit = "independent"
) -> SharingStrategy:
    """Share weights hard, and leave biases independent.

    The uses agree in what they look for and differ in how easily they respond, as convolutions with untied biases do.

    Args:
        site: Where the copies are used; it says which dimensions are inputs.
        shape: Shape of one copy.
        init: Initializer of one copy.
        copies_init: Initialization of the biases, "independent" (default) or "same".

    Returns:
        `Hard` for a weight, `Independent` for a bias, which has no inputs.

    Example:
        >>> from torch import nn
        >>> site = Site("tasks", (3,))
        >>> [type(own_biases(site, shape, nn.init.normal_)).__name__ for shape in ((4, 2), (4,))]
        ['Hard', 'Independent']
    """
    if site.input_dims(shape):
        return Hard(site, shape, init)
    return Independent(site, shape, init, copies_init)
