"""How often a network is built: once per run that is trained, and once per structure that is checked."""

from sharegap.models import Network
from tests.command_line import SMOKE


def test_networks_built_once(command, monkeypatch):
    """Networks are built once per run and structure."""
    built = []
    init = Network.__init__

    def count(self, *args, **options):
        built.append(type(self).__name__)
        init(self, *args, **options)

    monkeypatch.setattr(Network, "__init__", count)
    suite = [*SMOKE, "suite.methods=[none,hard,soft,l2]", "suite.seeds=3"]
    assert command("bench", *suite).code == 0
    studies, structures = 2, 4
    runs = 4 * 3 + 2 * 3  # measured, and tuned
    assert len(built) == studies * (runs + structures)
    built.clear()
    assert command("bench", *suite).code == 0
    assert built == []
