"""No sharing, λ = 0."""

from torch import Tensor, nn

from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, Start, initial_copies


class Independent(SharingStrategy):
    """Nothing is shared: every copy is a parameter of its own.

    `start="independent"`, the default, draws each copy anew: to start all copies at one point is itself a
    mild form of sharing (gradient descent stays near its start), and would lend the unshared baseline
    a part of what the benchmark measures.
    """

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, start: Start = "independent") -> None:
        super().__init__()
        self.value = nn.Parameter(initial_copies(site.copies, shape, init, start))

    def forward(self) -> Tensor:
        return self.value
