"""ToolCalls: actions as function calls of a chat endpoint, and back."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from collectors.actions import Action, format_call, format_edit, parse_action
from collectors.policy import Message


@cache
def _specs() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((files("collectors") / "tool_specs.json").read_text())
    return found


def tool_definitions() -> list[dict[str, Any]]:
    """Return the tools as an endpoint's `tools` field has them."""
    return [{"type": "function", "function": _definition(spec)} for spec in _specs()]


def _definition(spec: Mapping[str, Any]) -> dict[str, Any]:
    fields = spec["fields"]
    properties = {name.rstrip("?"): {"type": "string", "description": text} for name, text in fields.items()}
    needed = [name for name in fields if not name.endswith("?")]
    parameters = {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}
    return {"name": spec["name"], "description": spec["description"], "parameters": parameters}


def call_of(message: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return name and arguments (JSON text) of the first tool call of an endpoint's message, or None."""
    match message.get("tool_calls"):
        case [{"function": {"name": str(name), "arguments": str(arguments)}}, *_]:
            return name, arguments
        case [{"function": {"name": str(name), "arguments": dict(arguments)}}, *_]:
            return name, json.dumps(arguments)
    return None


def message_of(thought: str, name: str, arguments: str) -> str:
    """Return the call in the form that `parse_action` reads; one that is not well formed becomes plain words."""
    body = _body(name, _strings(arguments))
    if body is None:
        return f"{thought}\n{name}({arguments})"
    return format_call(thought.replace("<tool:", "<tool :"), name, body)


def _strings(arguments: str) -> dict[str, str] | None:
    try:
        given = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict):
        return None
    # Lists where lines are meant are what models like to give.
    texts = {name: "\n".join(map(str, value)) if isinstance(value, list) else value for name, value in given.items()}
    return texts if all(isinstance(text, str) for text in texts.values()) else None


def _body(name: str, given: Mapping[str, str] | None) -> str | None:
    spec = next((spec for spec in _specs() if spec["name"] == name), None)
    if given is None or spec is None:
        return None
    lenient = {"test", "spectrum", "submit"}
    if any(not field.endswith("?") and field not in given for field in spec["fields"]) and name not in lenient:
        return None
    first = given.get(next(iter(spec["fields"])), "")
    if name == "view":
        return f"{first} {given.get('lines', '')}".strip()
    if name == "edit":
        return format_edit(first, _whole(given["old"]), _whole(given["new"]))
    if name == "create":
        return f"{first}\n{given['content'].removesuffix(chr(10))}"
    return first


def _whole(lines: str) -> str:
    return lines if not lines or lines.endswith("\n") else lines + "\n"


def arguments_of(action: Action) -> dict[str, str]:
    """Return the arguments that `message_of` makes this action of."""
    spec = next((spec for spec in _specs() if spec["name"] == action.tool), None)
    if spec is None:
        return {"body": action.body}
    names = [name.rstrip("?") for name in spec["fields"]]
    if action.tool == "view":
        return dict(zip(names, action.body.rsplit(" ", 1), strict=False))
    if action.tool == "edit":
        path, _, block = action.body.removesuffix(">>>>>>> REPLACE").partition("\n<<<<<<< SEARCH\n")
        old, _, new = block.partition("=======\n")
        return {"path": path, "old": old, "new": new}
    if action.tool == "create":
        path, _, content = action.body.partition("\n")
        return {"path": path, "content": content + "\n"}
    return {names[0]: action.body}


def chat_messages(messages: Sequence[Message], *, calls: bool) -> list[dict[str, Any]]:
    """Return the conversation as an endpoint takes it: with function calls, or all in words."""
    if not calls:
        return [{"role": "user" if m.role.startswith("tool: ") else m.role, "content": m.content} for m in messages]
    shown: list[dict[str, Any]] = []
    for number, message in enumerate(messages):
        action = parse_action(message.content) if message.role == "assistant" else None
        if action:
            call = {"name": action.tool, "arguments": json.dumps(arguments_of(action), ensure_ascii=False)}
            made = {"id": f"call_{number}", "type": "function", "function": call}
            shown.append({"role": "assistant", "content": action.thought, "tool_calls": [made]})
        elif message.role.startswith("tool: "):
            shown.append({"role": "tool", "tool_call_id": f"call_{number - 1}", "content": message.content})
        else:
            shown.append({"role": message.role, "content": message.content})
    return shown
