import zipfile

import pytest

from sharegap.data.formats.guard import (
    ALWAYS_ALLOWED,
    MAX_EXPANSION,
    READ_ERRORS,
    check,
    check_expansion,
    read_member,
    reading,
)
from sharegap.errors import UserError
from tests.data.reading import zipped


def test_reading_reports_one_line(archive):
    with pytest.raises(UserError) as raised, reading(archive, "a table", "mend it"):
        check(False, "it is cut off\nsomewhere")
    assert str(raised.value) == f"{archive} cannot be read as a table (it is cut off): mend it"


def test_reading_keeps_user_errors(archive):
    with pytest.raises(UserError, match=r"^as it was$"), reading(archive):
        raise UserError("as it was")


def test_reading_hides_no_other_error(archive):
    assert AssertionError not in READ_ERRORS
    with pytest.raises(AssertionError), reading(archive):
        raise AssertionError


def test_expansion_limit():
    check_expansion("x", ALWAYS_ALLOWED, 1)
    check_expansion("x", MAX_EXPANSION * 10**6, 10**6)
    with pytest.raises(UserError, match="x must expand to at most 67,108,864 bytes, as it takes 1 on disk"):
        check_expansion("x", ALWAYS_ALLOWED + 1, 1)


def test_rare_compression_is_refused(archive):
    archive.write_bytes(zipped([("x", b"content")], zipfile.ZIP_LZMA))
    with zipfile.ZipFile(archive) as file, pytest.raises(ValueError, match="x is encrypted or in a rare compression"):
        read_member(file, file.getinfo("x"))
