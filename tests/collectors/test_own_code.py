"""Which code is the user's own, and which a library's."""

import json
import subprocess
import sys
import sysconfig
from importlib.resources import files
from pathlib import Path

import pytest

_ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from worldline_own_code import OwnCode
own, made = OwnCode([sys.argv[2]], "main.py"), {}
for name in json.loads(sys.argv[3]):
    module = compile("def f(): pass", name, "exec")
    made[name] = [own(module.co_consts[0]), own(module)]
print(json.dumps(made))
"""


def _asked(root: Path, *names: str) -> dict[str, list[bool]]:
    command = [sys.executable, "-c", _ASK, str(files("collectors.guest")), str(root), json.dumps(names)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("{root}/a.py", True),
        ("{root}/deep/er/a.py", True),
        ("{root}/.venv/lib/python3.11/site-packages/a.py", False),
        ("{root}-other/a.py", False),
        ("{stdlib}/json/decoder.py", False),
        ("<string>", False),
        ("<frozen importlib._bootstrap>", False),
        ("<python-input-3>", True),
    ],
)
def test_own_functions_lie_below_the_root_and_in_no_library(tmp_path: Path, name: str, own: bool) -> None:
    name = name.format(root=tmp_path, stdlib=sysconfig.get_paths()["stdlib"])
    assert _asked(tmp_path, name) == {name: [own, False]}


def test_of_the_main_file_its_body_is_shown_too(tmp_path: Path) -> None:
    assert _asked(tmp_path, "main.py") == {"main.py": [True, True]}


def test_the_library_of_an_interpreter_below_the_root_is_none_of_ones_own() -> None:
    library = f"{sysconfig.get_paths()['stdlib']}/json/decoder.py"
    assert _asked(Path("/"), library, "/tmp/a.py") == {library: [False, False], "/tmp/a.py": [True, False]}
