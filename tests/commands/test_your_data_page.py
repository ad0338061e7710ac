"""The examples of docs/your_data.md run, and what is understood of them is what the page says."""

import re
import shlex

import pytest

from tests.helpers import ROOT

PAGE = (ROOT / "docs" / "your_data.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```|```bash\n([^\n]*)\n```\n\n```text\n(.*?)```", PAGE, re.S)
QUICK = ["training.steps=20", "training.evaluations=2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("own")


def test_there_is_an_example_of_every_kind():
    commands = " ".join(command for _, command, _ in EXAMPLES)
    kinds = ("=pairs", "=reconstruction", "=multitask", "targets=[target]", "task_column=")
    for words in ("=arrays", "=table", "=images", *kinds):
        assert words in commands
    assert len(EXAMPLES) == len(re.findall("```(?:bash|python)", PAGE))


@pytest.mark.parametrize(("code", "line", "said"), EXAMPLES, ids=map(str, range(len(EXAMPLES))))
def test_the_example_runs(command, monkeypatch, folder, code, line, said):
    monkeypatch.chdir(folder)
    if code:
        exec(code, {})
        return
    program, name, *arguments = shlex.split(line)
    assert (program, name) == ("sharegap", "run")
    result = command("run", *QUICK, *arguments)
    assert result.code == 0, result.err
    assert " ".join(said.split()) in " ".join(result.err.split())
