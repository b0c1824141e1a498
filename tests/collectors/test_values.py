"""How values are shown: the same by the pure and the C engine, on every interpreter of this machine."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.interpreters import interpreters
from tests.played import GUEST, VERSIONS, extension

_DRIVER = Path(__file__).parents[1] / "value_driver.py"

_PLAIN = {
    "Slots([1])": "<Slots x=[1]>",
    "Slots.__new__(Slots)": "<Slots object>",
    "both(z=2, w='q', y=None)": "<Both x=1 y=None z=2 w='q'>",
    "[Told(), Failing()]": "[<Told object>, <Failing object>]",
    "collections.Point(1, [2])": "<Point (1, [2])>",
    "collections.OrderedDict(a=1)": "<OrderedDict {'a': 1}>",
    "[Items(1, [2]), Items()]": "[<Items [1, [2]] name='n'>, <Items [] name='n'>]",
    "Text('it')": "<Text 'it'>",
    "collections.defaultdict(int, {2: {3}})": "<defaultdict {2: {3}}>",
    "{Number(3): 1}": "{<Number 3>: 1}",
    "nested(9)": "<K8 a=8 b=<K7 a=7 b=<K6 object> c='end'> c='end'>",
    "'it\\'s \"so\"\\n\\t\\r\\x00\\x7f\\\\'": "'it\\'s \"so\"\\n\\t\\r\\x00\\x7f\\\\'",
    '"it\'s"': '"it\'s"',
    "'\\udc80\\u2603' * 40": "'" + "\\udc80\u2603" * 40 + "'",
    "b'ab' * 400": "b'" + "ab" * 149 + "<... 203 characters ...>b" + "ab" * 149 + "'",
}
_TRUSTED = {
    "Told()": "told []",
    "[Told(), Failing()]": "[told [], <Failing object>]",
    "collections.Point(1, 2)": "Point(x=1, y=2)",
    "len": "<built-in function len>",
    "collections.deque([1])": "deque([1])",
    "(Slots(1),)": "(<__main__.Slots object>,)",
    "'x'": "'x'",
}


def _shown(version: str, trust: str, expressions: list[str]) -> list[list[str | None]]:
    command = [interpreters()[version], str(_DRIVER), GUEST, extension(version), trust, *expressions]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize(("trust", "expected"), [("plain", _PLAIN), ("trusted", _TRUSTED)])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_value_has_one_text(version: str, trust: str, expected: dict[str, str]) -> None:
    for (expression, text), (pure, native) in zip(
        expected.items(), _shown(version, trust, list(expected)), strict=True
    ):
        pure = pure.encode("utf-8", "backslashreplace").decode()
        assert (pure, native or pure) == (text, text), expression


@pytest.mark.parametrize("version", VERSIONS)
def test_types_that_are_remembered_in_one_place_do_not_mix(version: str) -> None:
    text = "<K1 a=1 b=<K0 a=0 b=None c='end'> c='end'>"
    assert {shown for pair in _shown(version, "plain", ["nested(2)"] * 400) for shown in pair} <= {text, None}
