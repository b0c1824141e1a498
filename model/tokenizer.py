"""Tokenizer: byte-level BPE with CWM's 256 reserved slots behind the merges."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from model.errors import InterchangeError
from model.render import Control, Piece
from model.vocabulary import RESERVED_SLOTS, reserved_names, reserved_offset

# Llama 3's split, but with single digits: a state's numbers are then read place by place.
_SPLIT = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""


class Tokenizer:
    """Text to ids and back; plain text never becomes a control token."""

    def __init__(self, merges: tokenizers.Tokenizer) -> None:
        self._merges = merges
        self.first_reserved = merges.get_vocab_size()
        self.size = self.first_reserved + RESERVED_SLOTS

    def control(self, name: str) -> int:
        """Return the id of a control token."""
        return self.first_reserved + reserved_offset(name)

    def encode_text(self, text: str) -> list[int]:
        """Return the ids of plain text."""
        return self._merges.encode(text).ids

    def encode(self, pieces: Iterable[Piece]) -> list[int]:
        """Return the ids of the pieces."""
        ids: list[int] = []
        for piece in pieces:
            ids += [self.control(piece.name)] if isinstance(piece, Control) else self.encode_text(piece)
        return ids

    def decode(self, ids: Sequence[int]) -> list[Piece]:
        """Return the pieces that the ids stand for."""
        names = reserved_names()
        pieces: list[Piece] = []
        plain: list[int] = []
        for number in [*ids, self.first_reserved]:
            if number < self.first_reserved:
                plain.append(number)
                continue
            if plain:
                pieces.append(self._merges.decode(plain))
                plain = []
            pieces.append(Control(names[number - self.first_reserved]))
        return pieces[:-1]

    def to_json(self) -> str:
        """Return the merges as the `tokenizers` library writes them."""
        return self._merges.to_str(pretty=True)

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Read a file of what `to_json` returned."""
        return cls(tokenizers.Tokenizer.from_file(str(path)))


def exported_tokenizer(path: Path) -> Tokenizer:
    """Read the tokenizer.json of a folder for transformers: merges with the reserved slots behind them as added tokens.

    Slots go by their place, whatever they are called there. Raises `InterchangeError` for another kind of tokenizer.
    """
    try:
        table = json.loads(path.read_text())
        merges = len(table["model"]["vocab"])
        added = sorted(entry["id"] for entry in table["added_tokens"] if entry["id"] >= merges)
        # What it would put around texts is a matter of rendering here.
        plain = {**table, "added_tokens": [], "post_processor": None, "truncation": None, "padding": None}
        made = Tokenizer(tokenizers.Tokenizer.from_str(json.dumps(plain)))
    except Exception as error:  # The library raises bare exceptions.
        raise InterchangeError(f"{str(path)!r} is no tokenizer of the `tokenizers` library: {error}") from error
    if added != list(range(merges, merges + RESERVED_SLOTS)):
        raise InterchangeError(f"{str(path)!r} has {len(added)} tokens behind its merges: CWM has {RESERVED_SLOTS}")
    return made


def train_tokenizer(texts: Iterable[str], *, merges: int) -> Tokenizer:
    """Return a tokenizer of at most `merges` plain tokens, trained on the texts; equal texts give equal merges."""
    made = tokenizers.Tokenizer(models.BPE())
    split = pre_tokenizers.Split(tokenizers.Regex(_SPLIT), "isolated")
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=merges, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    made.train_from_iterator(texts, trainer)
    return Tokenizer(made)
