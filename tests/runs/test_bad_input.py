"""A user's mistake: one sentence, exit code 2, no traceback, and nothing trained."""

import os

import pytest

from tests.runs.conftest import SMOKE

MISTAKES = {
    ("sharegap", "dataset=mnist2d"): "there is no dataset 'mnist2d': did you mean mnist1d",
    ("sharegap", "model=locla1d"): "there is no model 'locla1d': did you mean local1d",
    ("sharegap", "sharing=sofft"): "there is no sharing 'sofft': did you mean soft",
    ("sharegap", "regularizer=[dropuot]"): "there is no regularizer 'dropuot': did you mean dropout",
    ("sharegap", "method=harder"): "there is no method 'harder': did you mean hard",
    ("bench", "suite=defualt"): "there is no suite 'defualt': did you mean default",
    ("bench", "suite.methods=[none,sotf]"): "there is no method 'sotf': did you mean soft",
    ("sharegap", "sharing=soft", "sharing.strenght=1"): "there is no option 'sharing.strenght': did you mean",
    ("sharegap", "sharing=hard", "sharing.strength=1"): "there is no option 'sharing.strength'",
    ("sharegap", "sede=1"): "there is no option 'sede': did you mean seed",
    ("sharegap", "sharing=soft", "sharing.strength=-1"): "the sharing strength λ is -1.0",
    ("sharegap", "sharing=soft", "sharing.strength=lots"): "sharing.strength is 'lots': it must be a number",
    ("sharegap", "regularizer=[l2]", "regularizer.l2.strength=-1"): "the weight decay is -1.0",
    ("sharegap", "regularizer=[dropout]", "regularizer.dropout.strength=1"): "the dropout probability p is 1.0",
    ("sharegap", "regularizer=[early_stopping]", "regularizer.early_stopping.strength=0"): "the patience is 0.0",
    ("sharegap", "dataset.n_train=4001"): "dataset.n_train is 4001: it must be from 10",
    ("sharegap", "dataset.n_train=9"): "the number of classes",
    ("sharegap", "dataset=digits"): "choose model=local1d for sequences and model=local2d for images",
    ("sharegap", "training.steps=0"): "training.steps is 0",
    ("sharegap", "optimizer.lr=0"): "optimizer.lr is 0.0",
    ("sharegap", "trainer=gpu"): "asks for a GPU and there is none here: use trainer=cpu",
    ("sharegap", "trainer.precision=31"): "Lightning refuses these trainer options",
    ("sharegap", "seed=[1"): "the option 'seed=[1' cannot be read",
    ("sharegap", "out=/proc/nowhere"): "/proc/nowhere",
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES.items(), ids=[" ".join(key) for key in MISTAKES])
def test_gets_one_sentence(command, tmp_path, arguments, sentence):
    program, *options = arguments
    result = command(program, *options)
    assert result.code == 2
    assert sentence in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert "Traceback" not in result.err
    assert not list(tmp_path.glob("out/results/*"))


def test_a_second_process_is_turned_away(command, tmp_path):
    from sharegap.results import Store

    with Store(tmp_path / "out").lock():
        result = command("bench", *SMOKE)
    assert result.code == 2
    assert "another sharegap process is writing to" in result.err


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_is_one_sentence_and_loses_nothing(command, tmp_path):
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        result = command("sharegap", f"out={disk / 'out'}", "training.steps=20", "training.evaluations=2")
        assert result.code == 2
        last = result.err.strip().splitlines()[-1]
        assert "No space left on device" in last
        assert str(disk) in last
        assert "Traceback" not in result.err
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
