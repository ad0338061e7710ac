"""Generated configs and files, one process for each kind: they work, or there is one sentence.

EXAMPLES=10000 is how many there are in all. `make soak` runs them; figures are printed with -s.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = int(os.environ.get("EXAMPLES", "10000"))
SHARES = {
    "csv": 25,
    "npz": 25,
    "images": 15,
    "text": 14,
    "parquet": 6,
    "parts": 6,
    "overrides": 4,
    "checkpoints": 3,
    "suites": 2,
}
"""In hundredths of all examples."""
ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize("kind", SHARES)
def test_generated(kind, tmp_path):
    """No traceback, no hang, little memory, and nothing written beside `out` and the cache."""
    folders = {name: tmp_path / name for name in ("work", "home", "tmp")}
    for folder in folders.values():
        folder.mkdir()
    environment = os.environ | {
        "SHAREGAP_CACHE": str(folders["work"] / "cache"),
        "HOME": str(folders["home"]),
        "TMPDIR": str(folders["tmp"]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        "OMP_NUM_THREADS": "1",
    }
    count = max(1, EXAMPLES * SHARES[kind] // sum(SHARES.values()))
    command = [sys.executable, "-m", "tests.soak.worker", kind, str(count), str(folders["work"])]
    worker = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert worker.returncode == 0, worker.stderr[-3000:]
    figures = json.loads(worker.stdout.splitlines()[-1])
    print(figures)
    assert not figures["faults"]
    assert not list(folders["home"].iterdir())
