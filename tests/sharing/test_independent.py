from sharegap.sharing import Independent


def test_every_copy_is_a_parameter(site, normal):
    free = Independent(site, (3,), normal)
    assert [tuple(p.shape) for p in free.parameters()] == [(5, 3)]
    free()[2].sum().backward()
    assert free.value.grad.abs().sum(1).tolist() == [0, 0, 3, 0, 0]
