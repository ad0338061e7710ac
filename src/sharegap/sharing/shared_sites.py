"""The sites of a module whose submodules were shared."""

from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from sharegap.sharing._copied import copy_source
from sharegap.sharing._start import begin_from
from sharegap.sharing.strategy import SharingStrategy


def trained_weights(module: nn.Module) -> list[SharingStrategy]:
    """Return the shared weights of all sites in a module, without those whose parameters were frozen."""
    weights = [weight for weight in module.modules() if isinstance(weight, SharingStrategy)]
    return [weight for weight in weights if not all(map(_is_frozen, weight.parameters()))]


def _is_frozen(parameter: Tensor) -> bool:
    # In a functional call other tensors stand for the parameters, and do not say whether they are trained.
    return isinstance(parameter, nn.Parameter) and not parameter.requires_grad


class SharedSites(nn.Module):
    """Hold the weights of sites whose copies the submodules of a network compute with; `share` makes it.

    There is one strategy for each parameter of a site: `sites.layers.attention.weight` is that of the parameters
    `attention.weight` of all submodules of the site `layers`.

    Example:
        >>> from sharegap.sharing import SoftPenalty, share
        >>> network = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4))
        >>> sites = share(network, {"layers": ["0", "2"]}, SoftPenalty, strength=0.1)
        >>> loss = network(torch.ones(2, 4)).square().mean() + sites.penalty()
        >>> loss.backward()  # and after each step of the optimizer:
        >>> sites.pull(lr=0.01, steps=100)
    """

    def __init__(self) -> None:
        super().__init__()
        self._handles: list[RemovableHandle] = []
        self._computed: dict[SharingStrategy, tuple[Tensor, ...]] | None = None
        self._with_gradients = False

    def add(self, site: str, name: str, weight: SharingStrategy) -> None:
        """Register the weight of the parameters `name` of a site."""
        owner: nn.Module = self
        *parts, leaf = f"{site}.{name}".split(".")
        for part in parts:
            if part not in owner._modules:
                setattr(owner, part, nn.Module())
            child = owner._modules[part]
            assert child is not None
            owner = child
        setattr(owner, leaf, weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return `x`, for modules that call all of their children in turn."""
        return x

    def penalty(self) -> Tensor:
        """Return what is to be added to the loss, a scalar: λ times the penalties of all sites; 0 without any."""
        total = torch.zeros((), device=next(self.parameters()).device)
        for weight in trained_weights(self):
            penalty = weight.penalty()
            if penalty is not None:
                total = total + weight.strength * penalty
        return total

    @torch.no_grad()
    def pull(self, lr: float | Tensor, steps: int) -> None:
        """Let the strategies move their weights, after each step of the optimizer.

        Args:
            lr: Learning rate of that step.
            steps: How many steps the training has, >= 1.
        """
        for weight in trained_weights(self):
            weight.pull(torch.as_tensor(lr, device=weight.strength.device), steps)

    # -- copies ---------------------------------------------------------------------------------------------

    def compute_copy(self, weight: SharingStrategy, copy: int) -> Tensor:
        """Return one copy of a weight; during a call of the network all copies are computed at once, and once."""
        shared = weight.shared_value
        if shared is not None:
            return shared
        if not self._is_computed_once():
            return _without_autocast(weight)[copy]
        assert self._computed is not None
        if weight not in self._computed:
            self._computed[weight] = _without_autocast(weight).unbind()
        return self._computed[weight][copy]

    def _is_computed_once(self) -> bool:
        # A compiler removes what is computed twice itself.
        if torch.compiler.is_compiling() or self._computed is None:
            return False
        # Copies without gradients must not serve a part of the network that is trained.
        if torch.is_grad_enabled() != self._with_gradients:
            return False
        # A checkpointed block is computed again in the backward pass, and must then do the same as at first.
        return torch._C._autograd._top_saved_tensors_default_hooks(False) is None

    def watch(self, module: nn.Module) -> None:
        """Compute copies once per call of `module`, and let it load checkpoints from before it was shared."""
        self._handles = [
            module.register_forward_pre_hook(self._begin_call),
            # Always: after an error, copies that are kept would be out of date.
            module.register_forward_hook(self._end_call, always_call=True),
            module.register_load_state_dict_pre_hook(self._load_unshared),
        ]

    def unwatch(self) -> None:
        """Undo `watch`."""
        for handle in self._handles:
            handle.remove()

    def _begin_call(self, module: nn.Module, args: Any) -> None:
        if not torch.compiler.is_compiling():
            self._computed, self._with_gradients = {}, torch.is_grad_enabled()

    def _end_call(self, module: nn.Module, args: Any, output: Any) -> None:
        if not torch.compiler.is_compiling():
            self._computed = None

    # -- checkpoints ----------------------------------------------------------------------------------------

    @torch.no_grad()
    def _load_unshared(self, module: nn.Module, state_dict: dict[str, Tensor], prefix: str, *_: Any) -> None:
        """Turn the parameters of unshared submodules in a state dict into those of the strategies."""
        names = {weight: f"{prefix}{name}" for name, weight in module.named_modules()}
        sites = {weight: site for site, owner in self.named_children() for weight in owner.modules()}
        loaded, starts = {}, []
        for weight, copy_by_key in self._unshared_keys(module, prefix).items():
            tensors = {copy: state_dict[key] for key, copy in copy_by_key.items() if key in state_dict}
            if not _fits(weight, tensors):
                continue  # PyTorch then says what is missing
            loaded[weight] = deepcopy(weight)
            copies = torch.stack([tensors[copy] for copy in sorted(tensors)])
            starts.append((sites[weight], loaded[weight], copies.to(weight.strength)))
            for key in copy_by_key:
                state_dict.pop(key, None)
        begin_from(starts)
        for weight, begun in loaded.items():
            begun.state_dict(destination=state_dict, prefix=f"{names[weight]}.")

    def _unshared_keys(self, module: nn.Module, prefix: str) -> dict[SharingStrategy, dict[str, int]]:
        """Return by weight the names of its copies in a state dict of the unshared module, with the copies' numbers."""
        keys: dict[SharingStrategy, dict[str, int]] = defaultdict(dict)
        # A module with two names has both in a state dict.
        for path, user in module.named_modules(remove_duplicate=False):
            source = copy_source(user)
            if source is not None and source.sites is self:
                for name, weight in source.strategies.items():
                    keys[weight][f"{prefix}{path}.{name}"] = source.copy
        return keys


def _fits(weight: SharingStrategy, tensors: Mapping[int, Tensor]) -> bool:
    """Return whether a weight can begin from tensors, of which there must be one for each copy."""
    shapes = [tensor.shape for tensor in tensors.values()]
    # On the meta device the strength is lost.
    return shapes == [copy.shape for copy in weight()] and not weight.strength.is_meta


def _without_autocast(weight: SharingStrategy) -> Tensor:
    """Return all copies of a weight in its own precision, as a parameter has."""
    device = weight.strength.device.type
    if torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device):
        with torch.autocast(device, enabled=False):
            return weight()
    return weight()
