"""From a table, as TOML and JSON have them, to a checked dataclass."""

import dataclasses
import difflib
import types
import typing
from typing import Any, TypeVar

from pipelines.errors import RecipeError

T = TypeVar("T")


def from_table(kind: type[T], table: dict[str, Any], *, where: str) -> T:
    """Return the dataclass that the table describes; an unknown key is an error that names the nearest known one."""
    hints = typing.get_type_hints(kind)
    names = [f.name for f in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for key in table:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1, 0.4)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
            raise RecipeError(f"unknown key {where + key!r}: {hint}")
    values = {key: _value(hints[key], value, where=f"{where}{key}") for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        required = [f.name for f in dataclasses.fields(kind) if _needed(f) and f.name not in table]  # type: ignore[arg-type]
        raise RecipeError(f"key {where + required[0]!r} is missing") if required else error from error
    except ValueError as error:
        raise RecipeError(f"{where or 'recipe'}: {error}" if where else str(error)) from error


def _needed(entry: "dataclasses.Field[Any]") -> bool:
    return entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING


def _value(hint: Any, value: Any, *, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        # None comes from a resolved recipe alone: TOML has none.
        if value is None and type(None) in typing.get_args(hint):
            return None
        return _value(next(a for a in typing.get_args(hint) if a is not type(None)), value, where=where)
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return from_table(hint, value, where=f"{where}.")  # type: ignore[arg-type]
    if origin is tuple and isinstance(value, list):
        inner = typing.get_args(hint)[0]
        return tuple(_value(inner, item, where=f"{where}[{number}]") for number, item in enumerate(value))
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return value
    wanted = getattr(hint, "__name__", str(hint))
    raise RecipeError(f"key {where!r} is {value!r}: expected {wanted}")
