"""IDX files: read to the byte, or refused."""

import gzip

import numpy as np
import pytest

from sharegap.data.formats.idx import read_idx
from sharegap.errors import UserError
from tests.data.reading import IDX, IMAGES, header, read


def test_idx_is_read_to_the_byte(archive):
    [images] = read("idx", archive, IDX)
    assert np.array_equal(images, IMAGES)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it ends within its header"),
        (header(7)[:-1], "it ends within its header"),
        (header(2**32 - 1) + bytes(15), "it ends before its 4294967295 samples"),
        (header(0), "it has no samples"),
        (header(1, magic=0xD03) + bytes(15), "it is no IDX file of bytes"),
        (header(1, magic=0x801) + bytes(15), "it is no IDX file of bytes"),
        (header(1, 5, 3) + bytes(15), "its samples are (5, 3), not (3, 5)"),
        (header(1) + bytes(14), "it ends before its 1 samples"),
        (header(1) + bytes(16), "it continues after its 1 samples"),
        (header(2**23) + bytes(15 * 2**23), "it expands to implausibly many bytes"),
    ],
)
def test_bad_idx_is_refused(archive, content, reason):
    assert read("idx", archive, gzip.compress(content)) is None
    with pytest.raises(UserError) as raised:
        read_idx(archive, 3, 5)
    assert reason in str(raised.value)
