import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from sharegap.data.fingerprint import add_sources, fingerprint, known_sources, resolve
from sharegap.errors import UserError


def test_import_loads_no_torch():
    """Plans name data by their fingerprint, and a plan must not take seconds to import."""
    code = "import sys, sharegap.data.fingerprint; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_other_processes_can_know_sources(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,b\n")
    name = fingerprint(path)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as worker:
        with pytest.raises(UserError, match="must be an existing file"):
            worker.submit(resolve, name).result()
        worker.submit(add_sources, known_sources()).result()
        assert worker.submit(resolve, name).result() == path
        path.write_text("a,b,c\n")
        with pytest.raises(UserError, match="has changed since this command began"):
            worker.submit(resolve, name).result()


def test_known_sources_are_a_copy(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(f"{tmp_path}\n")  # a content that no other test has fingerprinted
    before = known_sources()
    fingerprint(path)
    assert len(known_sources()) == len(before) + 1
