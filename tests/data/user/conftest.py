"""No test of a file may take memory far beyond it."""

import pytest

from tests.data.user.files import peak

MUCH = 400
"""MiB: what is always read, in double precision for a moment, and the libraries' own."""


@pytest.fixture(autouse=True)
def little_memory():
    before = peak()
    yield
    assert peak() < before + MUCH
