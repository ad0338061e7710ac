"""Keep the arrays that were parsed from published files."""

import warnings
from collections.abc import Callable, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np

from sharegap.atomic import write_atomic
from sharegap.data.download import cache_folder, fetch
from sharegap.data.registry import SOURCES

PARSER_VERSION = "1"
"""To be raised when a parser changes: arrays that were cached before are then parsed again."""


def cached_arrays(
    name: str,
    array_names: Sequence[str],
    files: Sequence[str],
    parse: Callable[..., Sequence[np.ndarray]],
) -> list[np.ndarray]:
    """Return the arrays of published files, parsed once and then mapped into memory.

    They are kept in the cache, never beside the files. If it cannot be written, a warning says so and the arrays are
    parsed again next time.

    Args:
        name: prefix of the cached files.
        array_names: what the parsed arrays are called.
        files: keys of `SOURCES`; a change of their sha256 invalidates the cache.
        parse: returns the arrays in the order of `array_names`, given the paths of `files`.
    """
    hashes = [SOURCES[file].sha256 for file in files]
    key = sha256(" ".join([PARSER_VERSION, *hashes]).encode()).hexdigest()[:16]
    paths = [cache_folder() / "parsed" / f"{name}-{key}-{array_name}.npy" for array_name in array_names]
    arrays = _map_arrays(paths)
    if arrays is not None:
        return arrays
    parsed = list(parse(*map(fetch, files)))
    try:
        for path, array in zip(paths, parsed, strict=True):
            write_atomic(path, _npy_bytes(array))
    except OSError as error:
        warnings.warn(
            f"{name} is parsed again each time, as it cannot be cached in {paths[0].parent}: {error.strerror or error}",
            stacklevel=2,
        )
    return _map_arrays(paths) or parsed


def _map_arrays(paths: Sequence[Path]) -> list[np.ndarray] | None:
    """Map all arrays, or return None if one is missing or damaged."""
    try:
        return [np.load(path, mmap_mode="r", allow_pickle=False) for path in paths]
    except (OSError, ValueError, EOFError):
        return None


def _npy_bytes(array: np.ndarray) -> bytes:
    """Encode an array in the npy format."""
    content = BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()
