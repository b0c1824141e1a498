"""The 256 reserved slots of CWM's vocabulary: control tokens by name, as offsets behind the merges.

Facts: trace-format page (read off Meta's public code); the released tokenizer has 128,000 merges before them.
"""

RESERVED_SLOTS = 256

_NAMED = {
    "begin_of_text": 0, "end_of_text": 1, "pad": 4, "start_header_id": 6, "end_header_id": 7, "eom_id": 8, "eot_id": 9,
    "frame_sep": 100, "action_sep": 101, "return_sep": 102, "call_sep": 103, "line_sep": 104, "exception_sep": 105,
    "arg_sep": 106, "trace_context_start": 107, "reasoning_thinking_start": 120, "reasoning_thinking_end": 121,
}  # fmt: skip


def reserved_names() -> list[str]:
    """Return the names of all 256 slots in order; unnamed ones are `reserved_special_token_N`."""
    by_offset = {offset: name for name, offset in _NAMED.items()}
    return [by_offset.get(offset, f"reserved_special_token_{offset}") for offset in range(RESERVED_SLOTS)]


def reserved_offset(name: str) -> int:
    """Return the slot of a control token, counted from the end of the merges."""
    return _NAMED[name]
