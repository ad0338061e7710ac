"""Any network as one of the suites: its sites are submodules that are named."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.models.network import Network, NetworkSpec, subsample
from sharegap.sharing._drawn import share_drawn
from sharegap.sharing._site_names import find_submodules, match_submodules

Call = tuple[tuple[Any, ...], dict[str, Any]]


class ModuleNetwork(Network):
    """Share submodules of any network: what `module()` builds is called with the samples.

    The parameters of the submodules of a site become copies, as `sharegap.share` makes them. They begin with what the
    network draws, so without sharing it is what it was.

    Layers that a regularizer puts after activations act on the outputs of submodules. With token inputs there are no
    real numbers that come in, so input noise is not offered.

    Args:
        spec: Any samples and outputs.
        module: Builds the network; called without arguments.
        sites: By the name of each site, its submodules. In patterns, `*` stands for one part: "blocks.*".
        hidden_layers: Submodules, or patterns, whose outputs are hidden activations; default those of the sites.

    Raises:
        UserError: For submodules that do not exist or cannot be copies of one site.

    Example:
        >>> from sharegap.sharing import Hard
        >>> def make_net():
        ...     blocks = [nn.Sequential(nn.Linear(40, 40), nn.ReLU()) for _ in range(3)]
        ...     return nn.Sequential(nn.Flatten(), *blocks, nn.Linear(40, 10))
        >>> sites = {"layers": ["1", "2", "3"]}
        >>> network = ModuleNetwork(NetworkSpec((1, 40), (10,), Hard), module=make_net, sites=sites)
        >>> network(torch.ones(5, 1, 40)).shape, sum(p.numel() for p in network.parameters())
        (torch.Size([5, 10]), 2050)
    """

    def __init__(
        self,
        spec: NetworkSpec,
        *,
        module: Callable[[], nn.Module],
        sites: Mapping[str, Sequence[str | int] | str],
        hidden_layers: Sequence[str | int] | None = None,
    ) -> None:
        super().__init__()
        if not sites:
            raise UserError(
                "model.network.sites must name at least one site and its submodules, got none: for example "
                "model.network.sites.layers=[blocks.0,blocks.1]"
            )

        def make() -> nn.Module:
            network = module()
            if not isinstance(network, nn.Module):
                raise UserError(f"model.network.module must build a torch.nn.Module, got {type(network).__name__}")
            return network

        named = {site: _texts(names) for site, names in sites.items()}
        # Also where parameters are only counted: sharing begins from numbers.
        with torch.device("cpu"):
            self.module, _ = share_drawn(make, named, spec.sharing)
        self.sample_shape, self.output_shape = torch.Size(spec.sample_shape), torch.Size(spec.output_shape)
        submodules = find_submodules(self.module, named)
        self.site = list(next(iter(submodules.values())))
        """The names of the submodules of the first site, whose representations are compared."""
        if hidden_layers is None:
            hidden = {name: part for site in submodules.values() for name, part in site.items()}
        else:
            hidden = match_submodules(self.module, _texts(hidden_layers))
        self.hidden_layers = nn.ModuleList(_HiddenLayer(spec.make_hidden_layer()) for _ in hidden)
        for layer, submodule in zip(self.hidden_layers, hidden.values(), strict=True):
            assert isinstance(layer, _HiddenLayer)
            # A method, and not a function: it is copied with the network, to that of the copy.
            submodule.register_forward_hook(layer.change_output)

    def forward(self, x: Tensor) -> Tensor:
        if x.is_floating_point():
            return self.outputs(self.input_regularizer(x))
        if isinstance(self.input_regularizer, nn.Sequential) and len(self.input_regularizer):
            raise UserError(
                "noise on inputs must be left out for tokens in a network of your own: its embeddings are not known"
            )
        return self.outputs(x)

    def outputs(self, x: Tensor) -> Tensor:
        return self._flat(self.module(x))

    def _flat(self, outputs: Any) -> Any:
        """Outputs as the task has them: a sample that is reconstructed may keep its shape."""
        is_sample = isinstance(outputs, Tensor) and outputs.shape[1:] == self.sample_shape
        return outputs.flatten(1) if is_sample and self.output_shape == (self.sample_shape.numel(),) else outputs

    def require_fit(self, x: Tensor) -> None:
        """Raise UserError unless the module takes samples and gives outputs of the shapes that the data ask for."""
        was_training = [part.training for part in self.modules()]
        self.eval()  # so that nothing changes
        given = f"samples {tuple(x.shape[1:])} of {str(x.dtype).removeprefix('torch.')}"
        try:
            with torch.no_grad():
                outputs = self._flat(self.module(x))
        except Exception as error:  # whatever a user's module raises
            said = (str(error).splitlines() or [""])[0]
            raise UserError(f"model.network.module must take {given}, got {type(error).__name__}: {said}") from error
        finally:
            for part, training in zip(self.modules(), was_training, strict=True):
                part.training = training
        shape = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
        wanted = (len(x), *self.output_shape)
        if shape != wanted:
            raise UserError(f"model.network.module must give outputs {wanted} for {len(x)} {given}, got {shape}")

    def representations(self, x: Tensor) -> Tensor:
        """What each submodule of the first site gives for all that any of them is given.

        Where one cannot take what another is given, there is nothing to compare: all zeros.
        """
        submodules = [self.module.get_submodule(name) for name in self.site]
        given: list[Call] = []

        def note(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            given.append((args, kwargs))

        hooks = [part.register_forward_pre_hook(note, with_kwargs=True) for part in submodules]
        try:
            self.outputs(x)
        finally:
            for hook in hooks:
                hook.remove()
        calls = given[: len(submodules)]
        try:
            return torch.stack([subsample(_outputs(part, calls)) for part in submodules])
        except (RuntimeError, TypeError, ValueError, IndexError, AttributeError):
            return x.new_zeros(len(submodules), 2, 1, dtype=next(self.parameters()).dtype)


class _HiddenLayer(nn.Module):
    """Change what a submodule gives; of several outputs, the first."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def change_output(self, module: nn.Module, args: Any, output: Any) -> Any:
        if isinstance(output, tuple):
            return self.layer(output[0]), *output[1:]
        return self.layer(output)


def _texts(names: Sequence[str | int] | str) -> list[str]:
    """Return names as texts: those of the parts of an nn.Sequential are typed as numbers."""
    return [names] if isinstance(names, str) else [str(name) for name in names]


def _outputs(submodule: nn.Module, calls: Sequence[Call]) -> Tensor:
    """What a submodule gives in several calls, flat: (samples, features)."""
    outputs = []
    for args, kwargs in calls:
        output = submodule(*args, **kwargs)
        outputs.append((output[0] if isinstance(output, tuple) else output).flatten(1))
    return torch.cat(outputs)
