import torch
from torch import nn

from sharegap.execute.build import build_objective
from sharegap.metrics import unique_parameters
from sharegap.models import NetworkSpec, Recurrent
from sharegap.sharing import Independent
from tests.helpers import make_run
from tests.models.compare import outputs_on_own_inputs


class Published(nn.Module):
    """The GRU of the MNIST-1D paper, in plain PyTorch."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 6, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(480, 10)

    def forward(self, x):
        return self.linear(self.gru(x.transpose(1, 2))[0].flatten(1))


def test_hard_is_the_published_gru():
    ours, theirs = build_objective(make_run("model=recurrent", "sharing=hard")).network, Published()
    assert unique_parameters(ours) == unique_parameters(theirs) == 5134
    names = {"weight_ih": "weight_input", "weight_hh": "weight_state", "bias_ih": "bias_input", "bias_hh": "bias_state"}
    with torch.no_grad():
        for name, mine in names.items():
            for direction, suffix in enumerate(("_l0", "_l0_reverse")):
                getattr(theirs.gru, name + suffix).copy_(getattr(ours.gru, mine).value[direction])
    theirs.linear.load_state_dict(ours.head.state_dict())
    x = torch.randn(8, 1, 40)
    torch.testing.assert_close(ours(x), theirs(x))


def test_unshared_steps_have_weights_each():
    ours = build_objective(make_run("model=recurrent")).network
    per_step = 2 * (18 * 1 + 18 * 6 + 18 + 18)
    assert unique_parameters(ours) == 40 * per_step + 4810


def test_representations_are_the_states():
    network, x = Recurrent(NetworkSpec((2, 5), (3,), Independent), units=4), torch.randn(6, 2, 5)
    states = network.gru(x.transpose(1, 2))
    torch.testing.assert_close(outputs_on_own_inputs(network.representations(x)), states[..., :4])
