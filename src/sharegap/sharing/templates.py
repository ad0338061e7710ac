"""Copies as combinations of a few templates."""

import torch
from torch import Tensor, nn

from sharegap.errors import as_int
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, init_copies


def combine(coefficients: Tensor, templates: Tensor) -> Tensor:
    """Return Σ_k a_ck T_k: (copies, templates) and (templates, *shape) -> (copies, *shape)."""
    return torch.tensordot(coefficients, templates, dims=1)


class Templates(SharingStrategy):
    """Make each copy a learned combination of k templates (Savarese & Maire 2019).

    Fewer templates share more; with one, copies differ only by a factor. Use it where the uses have much, but not
    everything, in common.

    Args:
        site: Where the copies are used.
        shape: Shape of one copy.
        init: Initializer of one template. Each copy starts as one template, so it has the same distribution.
        templates: Number of templates, >= 1; at most the number of copies is used.

    Raises:
        UserError: If `templates` is not an integer >= 1.

    Example:
        >>> weight = Templates(Site("tasks", (3,)), (4, 2), nn.init.normal_, templates=2)
        >>> weight().shape, weight.templates.shape
        (torch.Size([3, 4, 2]), torch.Size([2, 4, 2]))
    """

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, templates: int) -> None:
        super().__init__()
        templates = min(as_int("templates", templates), site.copies)
        self.templates = nn.Parameter(init_copies(templates, shape, init))
        # One-hot, so that each copy starts exactly as drawn: a random combination would change the variance.
        assignment = torch.arange(site.copies) % templates
        self.coefficients = nn.Parameter(nn.functional.one_hot(assignment, templates).float())

    def forward(self) -> Tensor:
        return combine(self.coefficients, self.templates)
