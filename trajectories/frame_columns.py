"""FrameColumns: the frames of many traces in columns, and the Arrow array that the schema stores them as."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from trajectories.frame import FrameKind

_KINDS = [str(kind) for kind in FrameKind]
_LEAVING = [place for place, kind in enumerate(FrameKind) if kind in (FrameKind.RETURN, FrameKind.EXCEPTION)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameColumns:
    """F frames of T traces: those of trace t are starts_T[t] to starts_T[t + 1].

    kind_F counts through `FrameKind`; source_F and code_F are places in `source_lines` and `codes`, which are pairs of
    file and function. count_F says how many of the C changes are a frame's; the text of change c is
    text[offsets_C[c]:offsets_C[c + 1]] in UTF-8. A frame that leaves has one change, its value; the S others are changes
    of state: name_S is their place in `names`, an empty text says that the name was deleted, and `order_S`, where there
    is one, is the order in which they are stored. The lists of texts hold no text twice, except `codes`.
    """

    starts_T: np.ndarray
    kind_F: np.ndarray
    depth_F: np.ndarray
    line_F: np.ndarray
    source_F: np.ndarray
    code_F: np.ndarray
    count_F: np.ndarray
    name_S: np.ndarray
    order_S: np.ndarray | None
    offsets_C: np.ndarray
    text: bytes
    names: Sequence[str]
    source_lines: Sequence[str]
    codes: Sequence[tuple[str, str]]

    @property
    def leaves_F(self) -> np.ndarray:
        """Say for each frame whether a value leaves its scope."""
        return np.isin(self.kind_F, _LEAVING)


def frames_array(columns: FrameColumns) -> pa.Array:
    """Return the frames as a list array with one entry for each trace; what repeats is dictionary-encoded."""
    files = [file for file, _ in columns.codes]
    functions = [function for _, function in columns.codes]
    texts = _strings(columns.offsets_C.astype(np.int32), columns.text, None)
    leaves_F = columns.leaves_F
    value_C = np.repeat(leaves_F, columns.count_F)
    fields = {
        "kind": pa.DictionaryArray.from_arrays(columns.kind_F.astype(np.int8), _KINDS),
        "depth": pa.array(columns.depth_F.astype(np.int32)),
        "line_number": pa.array(columns.line_F.astype(np.int32)),
        "source_line": _dictionary(columns.source_F, columns.source_lines),
        "file": _repeating(columns.code_F, files),
        "function": _repeating(columns.code_F, functions),
        "changed": _changed(columns, texts.filter(pa.array(~value_C)), np.where(leaves_F, 0, columns.count_F)),
        "value": _values(leaves_F, texts.filter(pa.array(value_C))),
    }
    frames = pa.StructArray.from_arrays(list(fields.values()), list(fields))
    return pa.ListArray.from_arrays(columns.starts_T.astype(np.int32), frames)


def _changed(columns: FrameColumns, text_S: pa.StringArray, count_F: np.ndarray) -> pa.ListArray:
    """Return for each frame its changes; a deleted name has no text."""
    name_S = columns.name_S
    if columns.order_S is not None:
        name_S, text_S = name_S[columns.order_S], text_S.take(pa.array(columns.order_S))
    lengths = np.diff(_offsets(text_S))
    text_S = _strings(_offsets(text_S), text_S.buffers()[2], lengths > 0)
    changes = pa.StructArray.from_arrays([_dictionary(name_S, columns.names), text_S], ["name", "text"])
    return pa.ListArray.from_arrays(_ends(count_F), changes)


def _values(leaves_F: np.ndarray, values: pa.StringArray) -> pa.StringArray:
    lengths = np.zeros(len(leaves_F), np.int32)
    lengths[leaves_F] = np.diff(_offsets(values))
    return _strings(_ends(lengths), values.buffers()[2], leaves_F)


def _strings(offsets: np.ndarray, data: "pa.Buffer | bytes | None", valid: np.ndarray | None) -> pa.StringArray:
    """Return a string array of these buffers, which are not copied."""
    bits = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    whole = pa.py_buffer(b"" if data is None else data)
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), whole, bits)


def _offsets(array: pa.StringArray) -> np.ndarray:
    """Return the offsets of an array; one that a kernel has made begins at the start of its buffers."""
    buffer = array.buffers()[1]
    return (
        np.zeros(1, np.int32) if not len(array) else np.frombuffer(buffer, np.int32, len(array) + 1, 4 * array.offset)
    )


def _ends(lengths: np.ndarray) -> np.ndarray:
    ends = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=ends[1:])
    return ends


def _dictionary(places: np.ndarray, texts: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(places.astype(np.int32), pa.array(texts, pa.string()))


def _repeating(places: np.ndarray, texts: Sequence[str]) -> pa.DictionaryArray:
    """Return the texts as a dictionary array, each of them once in the dictionary."""
    distinct = list(dict.fromkeys(texts))
    known = {text: place for place, text in enumerate(distinct)}
    return _dictionary(np.array([known[text] for text in texts], np.int32)[places], distinct)
