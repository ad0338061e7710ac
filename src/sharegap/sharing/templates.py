"""Copies as combinations of a few templates."""

import torch
from torch import Tensor, nn

from sharegap.errors import as_int
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, initial_copies


def combine(coefficients: Tensor, templates: Tensor) -> Tensor:
    """Σ_k a_ck T_k: (copies, templates) and (templates, *shape) -> (copies, *shape)."""
    return torch.tensordot(coefficients, templates, dims=1)


class Templates(SharingStrategy):
    """Each copy is a learned combination of k templates, which all copies share (Savarese & Maire 2019).

    Fewer templates share more: with one, copies differ by a factor only. Copies start as single templates, dealt
    out in turn, so each starts as `init` draws it. Helps where uses have much but not all in common.
    """

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, templates: int) -> None:
        super().__init__()
        templates = min(as_int("the number of templates", templates), site.copies)
        self.templates = nn.Parameter(initial_copies(templates, shape, init, "independent"))
        dealt = torch.arange(site.copies) % templates
        self.coefficients = nn.Parameter(nn.functional.one_hot(dealt, templates).float())

    def forward(self) -> Tensor:
        return combine(self.coefficients, self.templates)
