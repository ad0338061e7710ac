"""A training step of all runs of a fleet."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from sharegap.training.fleet_noise import FleetNoise
from sharegap.training.objective import Objective
from sharegap.training.recording import Outputs, Recording
from sharegap.training.run_state import RunState
from sharegap.training.schedule import Schedule
from sharegap.training.stacking import per_run, vmap_runs


class FleetStep:
    """Take training steps. All that a step reads and changes stays in its place, its own number too.

    So a step can be recorded and replayed, and between two evaluations nothing is read from the device.

    Args:
        objectives: of all runs, stacked.
        optimizer: of their parameters, at the largest learning rate.
        lr: the largest learning rate.
        lr_scale: of each run, its rate relative to the largest, (runs,).
        run_state: says which runs are active, and counts the steps.
        noise: of the objectives.
        samples: x and y.
        order: the samples of each run's batches in the whole training, (steps, runs, batch).
        average: of a gradient over processes.
        schedule: what changes from step to step.
        changing: names of the buffers that a call in training changes, as running statistics.
        seed_step: called with the number of each step, where the network of the only run draws random numbers itself.
    """

    counts_on_device = False
    """Whether the optimizer counts its steps on the device, where that is an option of it."""
    warm_up_steps = 2
    """How many steps take longer than all others: one that counts operations, one that records them."""

    def __init__(
        self,
        objectives: Objective,
        optimizer: Optimizer,
        lr: float,
        lr_scale: Tensor,
        run_state: RunState,
        noise: FleetNoise,
        samples: tuple[Tensor, Tensor],
        order: Tensor,
        average: Callable[[Tensor], Tensor] | None,
        schedule: Schedule,
        changing: Sequence[str] = (),
        seed_step: Callable[[int], object] | None = None,
    ) -> None:
        self.objectives, self.optimizer, self.lr_scale, self.run_state = objectives, optimizer, lr_scale, run_state
        self.noise, self.samples, self.order, self.average = noise, samples, order, average
        self.max_lr, self.lr, self.schedule = lr, lr * lr_scale, schedule
        place_step_counts(optimizer, self.counts_on_device)
        self.has_after_step = objectives.has_after_step
        self.parameters = [parameter for parameter in objectives.parameters() if parameter.requires_grad]
        self.members = places_by_member(objectives.network.members, self.parameters)
        self.statistics = [objectives.get_buffer(name) for name in changing]
        self.seed_step = seed_step
        buffers = [*self._changing_buffers(), *self.statistics]
        self.gradients = Recording(self._gradients, [*self.parameters, *buffers, *noise.buffers, run_state.step])
        if seed_step is not None:
            self.gradients.can_be_recorded = False  # what is drawn while recording is not drawn at the next step
        rates = [] if schedule.factors is None else [self.lr]
        moved = [*self.parameters, *buffers, *rates]
        self.after_step = Recording(self._after_step, moved) if self.has_after_step else None
        self.update()

    def forgo_recording(self) -> None:
        """Take each step by calling modules and autograd, as those before a recording are."""
        for recording in (self.gradients, self.after_step):
            if recording:
                recording.can_be_recorded = False

    def update(self) -> None:
        """Take in which runs are active from now on."""
        # All runs are active and at the largest rate: then the optimizer's step is right as it is.
        is_constant = self.schedule.factors is None
        self.is_uniform = is_constant and bool((self.run_state.active & (self.lr_scale == 1)).all())

    @torch.no_grad()
    def take(self) -> None:
        """Step every active run at its own learning rate.

        The optimizer steps all runs at the largest rate, and each is then moved back to its share of the way. Runs that
        have ended stay where they are, whatever the update was.
        """
        parameters = [] if self.is_uniform else self.parameters
        before = [parameter.clone() for parameter in parameters]
        statistics = [] if self.is_uniform else [(buffer, buffer.clone()) for buffer in self.statistics]
        if self.seed_step is not None:
            self.seed_step(int(self.run_state.step))
        self.optimizer.step(self._set_gradients)
        lr_scale = self.schedule.scale(self.lr_scale, self.run_state.step)
        scale_step(parameters, before, lr_scale)
        if self.after_step:
            if self.schedule.factors is not None:
                self.lr.copy_(self.max_lr * lr_scale)
            self.after_step()
        # `where` and not a product: an ended run may have a NaN update, and 0 * NaN is NaN.
        for tensor, old in [*zip(parameters, before, strict=True), *statistics]:
            tensor.copy_(torch.where(per_run(self.run_state.active, old), tensor, old))
        for parameter in self.parameters:
            parameter.grad = None  # the next ones then take its memory
        self.run_state.step += 1

    def _set_gradients(self) -> Any:
        """As an optimizer's closure; the loss stays on the device."""
        loss, *gradients = self.gradients()
        if self.average:
            gradients = [None if gradient is None else self.average(gradient) for gradient in gradients]
        for parameter, gradient in zip(self.parameters, self.schedule.clip(gradients, self.members), strict=True):
            parameter.grad = gradient
        return loss

    def _gradients(self) -> Outputs:
        """The sum of the losses of all runs, and its gradients by the parameters."""
        self.noise.draw(self.run_state.step)
        indices = self.order.index_select(0, self.run_state.step.view(1))[0]
        # Whole rows are copied, which indexing by a table of two dimensions does not do.
        x, y = (part.index_select(0, indices.flatten()).unflatten(0, indices.shape) for part in self.samples)
        # Cached, a parameter in half precision would still be that of an earlier step.
        device = indices.device.type
        is_mixed = torch.is_autocast_enabled(device)
        with torch.enable_grad(), torch.autocast(device, enabled=is_mixed, cache_enabled=False):
            loss = vmap_runs(self.objectives, x, y).sum()
        with torch.autocast(device, enabled=False):
            gradients = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        # Laid out as the parameters are: a fused optimizer takes that for granted.
        return loss.detach(), *(None if gradient is None else gradient.contiguous() for gradient in gradients)

    def _changing_buffers(self) -> list[Tensor]:
        """The buffers of the objectives, if what follows a step changes any of them."""
        if not self.has_after_step:
            return []
        trial = copy.deepcopy(self.objectives)
        vmap_runs(trial, self.lr, function=Objective.after_step)
        buffers = list(self.objectives.buffers())
        is_same = all(torch.equal(one, other) for one, other in zip(buffers, trial.buffers(), strict=True))
        return [] if is_same else buffers

    def _after_step(self) -> Outputs:
        return [vmap_runs(self.objectives, self.lr, function=Objective.after_step)]


def places_by_member(members: Sequence[nn.Module], parameters: Sequence[Tensor]) -> list[list[int]]:
    """Return the places of each member's parameters in a list; those of none stand with the first."""
    owners: dict[Tensor, int] = {}
    for number, member in enumerate(members):
        owners |= dict.fromkeys(member.parameters(), number)
    places: list[list[int]] = [[] for _ in members]
    for place, parameter in enumerate(parameters):
        places[owners.get(parameter, 0)].append(place)
    return places


def place_step_counts(optimizer: Optimizer, on_device: bool) -> None:
    """Have an optimizer count its steps on the device or on the host; those of a checkpoint may come from the other.

    Args:
        optimizer: one that counts in a tensor has an option `capturable`; any other is left as it is.
        on_device: whether beside the parameters. A fused optimizer counts there in any case.
    """
    for group in optimizer.param_groups:
        if "capturable" not in group:
            continue
        group["capturable"] = on_device
        is_fused = bool(group.get("fused"))
        for parameter in group["params"]:
            state = optimizer.state.get(parameter, {})
            if "step" in state:
                count: Tensor = state["step"]
                # Torch loads counts in single precision, in which a step of double precision loses half of its digits.
                dtype = count.dtype if is_fused else torch.promote_types(count.dtype, parameter.dtype)
                state["step"] = count.to(parameter.device if on_device or is_fused else "cpu", dtype)


def scale_step(parameters: Sequence[Tensor], before: Sequence[Tensor], scale: Tensor) -> None:
    """Move each run back to its share of a step: an elementwise update is proportional to its rate.

    Args:
        parameters: after the step, (runs, ...); they are changed.
        before: before the step.
        scale: each run's rate relative to that of the step, (runs,).
    """
    with torch.no_grad():
        for parameter, old in zip(parameters, before, strict=True):
            parameter.copy_(old.lerp(parameter, per_run(scale, old).to(old.dtype)))
