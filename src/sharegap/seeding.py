"""Random seeds that are derived from a run's seed and a named purpose."""

from hashlib import blake2b


def derive_seed(seed: int, *axes: str | int) -> int:
    """Return the seed of one source of randomness of a run.

    It depends on the arguments alone, so a resumed run has no generator state to restore, and one source of
    randomness (initialization, order of samples, noise) can be fixed while another varies.

    Args:
        seed: the run's seed.
        axes: the purpose, e.g. `"order", epoch`.

    Returns:
        An integer in [0, 2**63).

    Example:
        >>> derive_seed(3, "order", 0) == derive_seed(3, "order", 0)
        True
        >>> derive_seed(3, "order", 0) == derive_seed(3, "order", 1)
        False
    """
    name = "/".join(map(str, (seed, *axes)))
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") >> 1
