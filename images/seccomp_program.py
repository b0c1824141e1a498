"""The seccomp profile as the kernel's own program, made by libseccomp, for what is no container engine."""

import ctypes
import ctypes.util
import json
import platform
import tempfile
from typing import Any

from images.container_profile import seccomp_profile
from images.errors import EngineError

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_COMPARISONS = {"SCMP_CMP_EQ": 4, "SCMP_CMP_MASKED_EQ": 7}
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def seccomp_program() -> bytes:
    """Return the program; raise `EngineError` where libseccomp is not there."""
    library = ctypes.util.find_library("seccomp")
    if library is None:
        raise EngineError("system calls cannot be filtered: libseccomp is not installed")
    seccomp = ctypes.CDLL(library, use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    profile = json.loads(seccomp_profile())
    context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(_ERRNO | profile["defaultErrnoRet"])))
    try:
        for rule in profile["syscalls"]:
            _add(seccomp, context, rule)
        with tempfile.TemporaryFile() as made:
            if seccomp.seccomp_export_bpf(context, made.fileno()):
                raise EngineError("libseccomp could not make the filter of system calls")
            made.seek(0)
            return made.read()
    finally:
        seccomp.seccomp_release(context)


def _add(seccomp: ctypes.CDLL, context: ctypes.c_void_p, rule: dict[str, Any]) -> None:
    if _MACHINES.get(platform.machine()) not in rule.get("includes", {}).get("arches", _MACHINES.values()):
        return
    action = _ALLOW if rule["action"] == "SCMP_ACT_ALLOW" else _ERRNO | rule["errnoRet"]
    compared = [
        _Comparison(one["index"], _COMPARISONS[one["op"]], one["value"], one.get("valueTwo", 0))
        for one in rule.get("args", [])
    ]
    words = (_Comparison * len(compared))(*compared)
    for name in rule["names"]:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        # Calls that this machine or this libseccomp does not know are refused like all that are not named.
        if number >= 0 and seccomp.seccomp_rule_add_array(
            context, ctypes.c_uint32(action), number, len(compared), words
        ):
            raise EngineError(f"libseccomp refuses the rule of {name!r}")
