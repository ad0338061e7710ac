"""Regularizers as a user would write them, one for each kind of hook that the package's own do not need."""

import torch
import torch.nn.functional as F

from sharegap.regularizers import NoiseLayer, Regularizer


class Mixup(Regularizer):
    """Train on convex combinations of two samples and of their targets (Zhang et al. 2018).

    The weight of the second sample is uniform in [0, strength].
    """

    strength_range = "[0, 1]"

    def make_batch_layer(self, task_info):
        return MixupLayer(self.strength, task_info.classes)


class MixupLayer(NoiseLayer):
    def __init__(self, strength, classes):
        super().__init__(strength)
        self.classes = classes

    def noise_shape(self, x):
        return torch.Size((len(x), 2))  # the weight of the other sample, and the order in which others come

    def forward(self, x, y):
        if not self.training:
            return x, y
        noise = self.sample_noise(x)
        weight, partner = self.strength * noise[:, 0], noise[:, 1].argsort()
        if self.classes:
            y = F.one_hot(y, self.classes).to(x.dtype)
        return mix(x, x[partner], weight), mix(y, y[partner], weight)


def mix(one, other, weight):
    return torch.lerp(one, other, weight.to(one.dtype).view(-1, *(1,) * (one.dim() - 1)))


class DecoupledWeightDecay(Regularizer):
    """Shrink all parameters after each step, apart from the gradient (Loshchilov & Hutter 2019)."""

    def after_step(self, network, lr):
        for parameter in network.parameters():
            parameter.mul_(1 - lr * self.strength)


class FocalLoss(Regularizer):
    """Weigh each sample by (1 − p)^γ, p the probability of its class (Lin et al. 2017); `strength` is γ."""

    def transform_loss(self, losses, outputs, targets, task):
        probability = outputs.softmax(1).gather(1, targets.unsqueeze(1)).squeeze(1)
        return losses * (1 - probability) ** self.strength


class ConfidencePenalty(Regularizer):
    """Reward the entropy of the predicted classes (Pereyra et al. 2017)."""

    def transform_loss(self, losses, outputs, targets, task):
        log_probability = outputs.log_softmax(1)
        return losses + self.strength * (log_probability.exp() * log_probability).sum(1)
