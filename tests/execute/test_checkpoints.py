"""How far a fleet has come, by its checkpoint."""

from io import BytesIO

import pytest
import torch

from sharegap.execute.checkpoints import _steps_done, steps_left
from tests.helpers import make_run


def stored_as_torch_does(content):
    stream = BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


SOUND = stored_as_torch_does({"global_step": 3, "state_dict": torch.ones(99), "optimizer_states": [], "loops": {}})
FLIPPED = SOUND.replace(torch.ones(99).numpy().tobytes(), torch.full((99,), 1.5).numpy().tobytes())
BROKEN = [
    b"no checkpoint",
    b"",
    FLIPPED,
    SOUND[:-40],
    stored_as_torch_does([1]),
    stored_as_torch_does({"global_step": 1}),
]


def test_a_checkpoint_says_what_is_done(tmp_path):
    (tmp_path / "a.ckpt").write_bytes(SOUND)
    assert _steps_done(tmp_path / "a.ckpt") == 3


@pytest.mark.parametrize("content", BROKEN, ids=["text", "empty", "a bit", "cut", "a list", "no training"])
def test_a_broken_checkpoint_is_set_aside(tmp_path, content):
    """Torch would read the one of which a bit was changed. Who only looks changes nothing."""
    run, checkpoint = make_run(), tmp_path / "a.ckpt"
    checkpoint.write_bytes(content)
    steps = run.config["training"]["steps"]
    assert steps_left([run], checkpoint, is_writer=False) == steps
    assert checkpoint.exists()
    said = r"cannot be read \(.+\): it is set aside as .*\.set-aside-1, and its fleet"
    with pytest.warns(UserWarning, match=said):
        assert steps_left([run], checkpoint) == steps
    assert checkpoint.with_suffix(".set-aside-1").read_bytes() == content
