"""Seeds that derive from named axes, so that each source of chance can be held still by itself."""

from hashlib import blake2b


def derive_seed(seed: int, *axes: str | int) -> int:
    """A seed in [0, 2**63) for one source of chance of the run with `seed`, e.g. `derive_seed(3, "order", epoch)`.

    Depends on its arguments alone: no state to store, none to restore when a run resumes.
    """
    name = "/".join(map(str, (seed, *axes)))
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") >> 1
