"""Hard sharing in the first layers of a network."""

from sharegap.errors import as_int
from sharegap.sharing.hard import Hard
from sharegap.sharing.independent import Independent
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import CopiesInit, Init, SharingStrategy


def hard_first(
    site: Site, shape: tuple[int, ...], init: Init, layers: int, copies_init: CopiesInit = "independent"
) -> SharingStrategy:
    """Share the first shared layers of a network hard, and leave the rest independent.

    The first layers of a network learn general features, the last ones specific features (Yosinski et al. 2014; for
    tasks Ruder 2017).

    Args:
        site: Where the copies are used; its depth decides.
        shape: Shape of one copy.
        init: Initializer of one copy.
        layers: Number of layers to share, >= 0.
        copies_init: Initialization of the copies in the other layers.

    Returns:
        `Hard` where `site.depth < layers`, else `Independent`.

    Raises:
        UserError: If `layers` is not an integer >= 0.

    Example:
        >>> from torch import nn
        >>> type(hard_first(Site("tasks", (3,), depth=1), (4, 2), nn.init.normal_, layers=1)).__name__
        'Independent'
    """
    if site.depth < as_int("layers", layers, minimum=0):
        return Hard(site, shape, init)
    return Independent(site, shape, init, copies_init)
