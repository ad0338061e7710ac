"""What the Ray executor says before it needs Ray."""

import importlib.machinery
import socket
import sys

import pytest
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.execute.executors.ray import Ray, _check_port

CPU, GPU = OmegaConf.create({"accelerator": "cpu"}), OmegaConf.create({"accelerator": "gpu"})


@pytest.fixture
def installed(monkeypatch):
    """Ray counts as installed; it is not imported."""
    module = type(sys)("ray")
    module.__spec__ = importlib.machinery.ModuleSpec("ray", None, origin="installed")
    monkeypatch.setitem(sys.modules, "ray", module)


def test_missing_ray_is_one_sentence(command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    result = command("bench", "suite=smoke", "executor=ray")
    assert result.code == 2
    assert result.err == "sharegap: executor=ray needs Ray, which is not installed: pip install 'sharegap[ray]'\n"
    assert not (tmp_path / "out" / "results").exists()


def test_a_folder_called_ray_is_not_ray(tmp_path, monkeypatch):
    """Such as the one that Ray itself keeps in the folder for temporary files."""
    (tmp_path / "ray").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    with pytest.raises(UserError, match="needs Ray, which is not installed"):
        Ray(workers=1)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"workers": 0}, "executor.workers must be an integer >= 1, got 0"),
        ({"num_cpus": 0}, "executor.num_cpus must be an integer >= 1, got 0"),
        ({"num_gpus": -1}, "executor.num_gpus must be in [0, inf), got -1"),
        ({"num_gpus": 1.5}, "executor.num_gpus must be below 1 or an integer, got 1.5"),
    ],
)
def test_impossible_numbers_are_refused(installed, option, message):
    with pytest.raises(UserError) as error:
        Ray(**{"workers": 2} | option)
    assert str(error.value) == message


def test_no_more_actors_than_fleets(installed):
    assert Ray(workers=4).count_workers(CPU, 3, 60.0) == 3
    assert Ray(workers=4).count_workers(CPU, 9, 60.0) == 4


def test_gpu_trainers_need_gpus(installed):
    with pytest.raises(UserError, match="num_gpus must be > 0"):
        Ray(workers=4).count_workers(GPU, 3, 60.0)
    assert Ray(workers=4, num_gpus=0.5).count_workers(GPU, 3, 60.0) == 3


def test_closed_port_is_noticed():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        with pytest.raises(OSError, match="refused"):
            _check_port(f"ray://127.0.0.1:{port}")
        server.listen()
        _check_port(f"127.0.0.1:{port}")
    _check_port("auto")
