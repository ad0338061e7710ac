from sharegap.data.user.targets import KINDS
from sharegap.tasks import registry


def test_every_kind_that_data_can_be_of_has_a_task():
    assert set(KINDS) <= set(registry.KINDS)
