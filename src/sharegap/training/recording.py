"""Computations that are recorded once as a list of tensor operations, and replayed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.fx import GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.node import map_arg
from torch.utils._python_dispatch import TorchDispatchMode

MOST_OPERATIONS = 1000
"""A longer program is not recorded: recording it takes seconds, and replaying it takes as long as autograd."""
VIEWS = {
    torch.ops.aten.detach.default,
    torch.ops.aten.expand.default,
    torch.ops.aten.permute.default,
    torch.ops.aten.slice.Tensor,
    torch.ops.aten.squeeze.dim,
    torch.ops.aten.view.default,
    torch.ops.aten._unsafe_view.default,
}
"""Operations that often give what they are given."""

Outputs = Sequence[Tensor | None]


class Recording:
    """Call a function without gradients, from the third time on by replaying its tensor operations.

    Modules, `vmap` and autograd then take time twice: the first call counts the operations, the second records them.
    What is replayed are the same operations, so the numbers are the same bit for bit. A function of more than
    MOST_OPERATIONS, or whose course depends on numbers in its tensors, is called each time.

    Args:
        function: reads and changes tensors, always the same ones; everything else must be as it was at first.
        tensors: those that change between calls. They keep their place.

    Example:
        >>> total = torch.zeros(())
        >>> add = Recording(lambda: [total.add_(2)], [total])
        >>> [add()[0].item() for _ in range(4)]
        [2.0, 4.0, 6.0, 8.0]
    """

    def __init__(self, function: Callable[[], Outputs], tensors: Sequence[Tensor]) -> None:
        self.function, self.tensors = function, tensors
        self.replay: Callable[..., Outputs] | None = None
        self.can_be_recorded: bool | None = None  # not known before the first call

    @torch.no_grad()
    def __call__(self) -> Outputs:
        """Return what the function returns."""
        if self.replay is not None:
            return self.replay(*self.tensors)
        if self.can_be_recorded is None:
            with _Counter() as counter:
                outputs = self.function()
            self.can_be_recorded = counter.operations <= MOST_OPERATIONS
            return outputs
        return self._record() if self.can_be_recorded else self.function()

    def _record(self) -> Outputs:
        before = [tensor.detach().clone() for tensor in self.tensors]
        outputs: list[Outputs] = []

        def function(*_: Tensor) -> Outputs:
            outputs.append(self.function())
            return outputs[0]

        try:
            program = make_fx(function)(*self.tensors)
        except Exception:  # whatever a user's module raises where it is given a tensor that is being recorded
            self.can_be_recorded = False
            for tensor, value in zip(self.tensors, before, strict=True):
                tensor.copy_(value)
            return self.function()
        self.replay = _simplified(program).forward
        return outputs[0]


class _Counter(TorchDispatchMode):
    """Counts tensor operations, autograd's among them."""

    operations = 0

    def __torch_dispatch__(
        self, operation: OpOverload, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        self.operations += 1
        return operation(*args, **(kwargs or {}))


def _simplified(program: GraphModule) -> GraphModule:
    """Compute what depends on constants alone once, and leave out views that change nothing.

    Soft sharing, with its strengths as tensors, then takes a fifth less time.
    """
    changed = _changed_in_place(program)
    constants: dict[Node, Any] = {}
    for node in list(program.graph.nodes):
        if node in changed:
            continue
        if node.op == "get_attr":
            constants[node] = getattr(program, node.target)
        elif isinstance(node.target, OpOverload) and _is_unchanged_view(node):
            node.replace_all_uses_with(node.args[0])
        elif isinstance(node.target, OpOverload) and _is_constant(node, constants):
            args, kwargs = map_arg((node.args, node.kwargs), constants.__getitem__)
            constants[node] = node.target(*args, **kwargs)
    for node, value in constants.items():
        if node.op == "call_function" and isinstance(value, Tensor):
            name = f"constant_of_{node.name}"
            program.register_buffer(name, value)
            with program.graph.inserting_before(node):
                node.replace_all_uses_with(program.graph.get_attr(name))
    program.graph.eliminate_dead_code()
    program.recompile()
    return program


def _is_unchanged_view(node: Node) -> bool:
    """Whether a view has the shape and the strides of what it is a view of."""
    source = node.args[0] if node.args else None
    if node.target not in VIEWS or not isinstance(source, Node):
        return False
    one, other = node.meta.get("tensor_meta"), source.meta.get("tensor_meta")
    return one is not None and other is not None and (one.shape, one.stride) == (other.shape, other.stride)


def _is_constant(node: Node, constants: Mapping[Node, Any]) -> bool:
    """Whether an operation depends on constants alone, and not on random numbers."""
    assert isinstance(node.target, OpOverload)
    is_random = torch.Tag.nondeterministic_seeded in node.target.tags
    return not is_random and constants.keys() >= set(node.all_input_nodes)


def _changed_in_place(program: GraphModule) -> set[Node]:
    """What an operation changes in place, or a view of it, and these operations."""
    changed: set[Node] = set()
    for node in reversed(program.graph.nodes):
        if not isinstance(node.target, OpOverload):
            continue
        schema = node.target._schema
        is_view = node.target in VIEWS or any(argument.alias_info for argument in schema.arguments)
        if schema.is_mutable or (is_view and node in changed):
            changed.update([node, *node.all_input_nodes])
    names = {node.target for node in changed if node.op == "get_attr"}
    return changed | {node for node in program.graph.nodes if node.op == "get_attr" and node.target in names}
