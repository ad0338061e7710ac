"""Copies as combinations of a few templates."""

import torch
from torch import Tensor, nn

from sharegap.errors import as_int
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, init_copies


def combine(coefficients: Tensor, templates: Tensor) -> Tensor:
    """Return Σ_k a_ck T_k: (copies, templates) and (templates, *shape) -> (copies, *shape)."""
    return torch.tensordot(coefficients, templates, dims=1)


def fit_combination(copies: Tensor, coefficients: Tensor, templates: Tensor) -> None:
    """Set coefficients and templates to the combination that is nearest to `copies` (copies, *shape), by an SVD."""
    # SVD knows no half precision.
    matrix = copies.reshape(len(copies), -1).to(torch.promote_types(copies.dtype, torch.float32))
    left, singular, right = torch.linalg.svd(matrix, full_matrices=False)
    rank = min(len(templates), len(singular))
    # Of the length of a copy, so that coefficients are of order 1. Templates that are not needed stay, unused.
    scale = torch.linalg.vector_norm(matrix) / len(copies) ** 0.5
    scale = torch.where(scale > 0, scale, 1)
    templates[:rank] = (scale * right[:rank]).view_as(templates[:rank])
    coefficients.zero_()
    coefficients[:, :rank] = (left * (singular / scale))[:, :rank]


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

    def set_copies(self, copies: Tensor) -> None:
        fit_combination(copies, self.coefficients, self.templates)
