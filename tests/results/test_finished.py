"""Finished runs as they are stored, with the commit of the code that trained them."""

import json

import polars as pl
import pytest

from sharegap.results import RUNS, Store
from sharegap.results.finished import FinishedRuns
from sharegap.results.provenance import CODE_KEY
from sharegap.results.stored_file import write_table
from tests.results.conftest import row


@pytest.mark.parametrize(
    ("metadata", "commit"),
    [({CODE_KEY: json.dumps({"sharegap": "0.1.0", "commit": "0a1b2c3"})}, "0a1b2c3"), ({}, None)],
    ids=["in a checkout", "of an older version"],
)
def test_commit_is_that_of_the_part(tmp_path, metadata, commit):
    """Not that of the code which reads it: runs of several versions may lie in one folder."""
    store = Store(tmp_path)
    store.parts.mkdir()
    write_table(pl.DataFrame([row("abc")], schema=RUNS), store.part("fleet"), metadata)
    finished = FinishedRuns(store)
    [rows] = finished.update()
    assert rows.select("run", "commit").rows() == [("abc", commit)]
    assert finished.scores == {"abc": 0.5}
    assert finished.update() == []
