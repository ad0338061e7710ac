import pytest

from sharegap.errors import UserError
from sharegap.sharing import Site
from sharegap.sharing.site import KINDS


def test_has_a_copy_for_each_place_of_its_grid():
    assert Site("positions", (3, 4)).copies == 12
    assert Site("tasks", (2,)).copies == 2


def test_positions_steps_and_layers_have_neighbours():
    assert {kind for kind in KINDS if Site(kind, (2,)).ordered} == {"positions", "time", "layers"}


def test_branches_and_tasks_work_side_by_side():
    assert {kind for kind in KINDS if Site(kind, (2,)).parallel} == {"branches", "tasks"}


def test_an_unknown_kind_is_named_with_its_near_misses():
    with pytest.raises(UserError, match="no kind of site 'position': did you mean positions"):
        Site("position", (2,))
