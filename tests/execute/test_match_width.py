import pytest

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.metrics import unique_parameters
from tests.helpers import make_run
from tests.test_sharing_at_sites import SITES

FULL = {site: [option for option in options if option[:14] != "model.network."] for site, options in SITES.items()}


def parameters(site, *options):
    return unique_parameters(build_objective(make_run(*FULL[site], *options)).network)


LINEAR = "tasks in data of their own"


@pytest.mark.parametrize("site", [site for site in FULL if site != LINEAR])
def test_narrow_matches_parameters_of_hard(site):
    """Has about the parameters that hard sharing leaves and shares nothing."""
    narrow, hard, none = (parameters(site, f"method={method}") for method in ("narrow", "hard", "none"))
    assert narrow < none
    # Widths are whole numbers: the recurrent network has 2 units or 3, a fifth too few parameters or too many.
    assert narrow == pytest.approx(hard, rel=0.25)


def test_refuses_without_hidden_layers():
    """A network without hidden layers has no narrow one."""
    with pytest.raises(UserError, match="no hidden layer that could be narrower"):
        parameters(LINEAR, "method=narrow")


def test_takes_all_other_options_along():
    run = make_run("method=narrow", "regularizer=[dropout]")
    objective = build_objective(run)
    assert [name for name, _ in objective.named_buffers() if name.startswith("network.") and name.endswith(".strength")]
    assert len(objective.network.layers) == 9
