from sharegap.data.own.targets import KINDS
from sharegap.metrics import kinds


def test_every_kind_that_data_can_be_of_has_a_task():
    assert set(KINDS) <= set(kinds.KINDS)
