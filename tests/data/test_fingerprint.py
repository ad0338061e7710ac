import subprocess
import sys


def test_import_loads_no_torch():
    """Plans name data by their fingerprint, and a plan must not take seconds to import."""
    code = "import sys, sharegap.data.fingerprint; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
