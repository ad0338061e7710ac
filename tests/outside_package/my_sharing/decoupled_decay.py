"""Weight decay apart from the gradient."""

from sharegap import Regularizer


class DecoupledDecay(Regularizer):
    """Shrink all parameters after each step of the optimizer (Loshchilov & Hutter 2019)."""

    def after_step(self, network, lr):
        for parameter in network.parameters():
            parameter.mul_(1 - lr * self.strength)
