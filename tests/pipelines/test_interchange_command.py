"""worldline export and import, as a user meets them."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from model.checkpoint import load_newest, save_checkpoint
from model.config import named_config
from model.tokenizer import Tokenizer, train_tokenizer
from model.transformer import Transformer
from pipelines.cli_errors import exit_with_sentence
from pipelines.interchange_command import export_command, import_command


def _phase(folder: Path) -> dict[str, torch.Tensor]:
    tokenizer = train_tokenizer(["x = 1\n"], merges=260)
    config = named_config("debug", vocabulary=tokenizer.size)
    model = Transformer(config)
    model.initialise(1)
    save_checkpoint(folder, 7, {"model": model.state_dict()}, {"phase": "a"})
    (folder / "model.json").write_text(json.dumps(asdict(config)))
    (folder / "tokenizer.json").write_text(tokenizer.to_json())
    return model.state_dict()


def test_an_exported_phase_comes_back_as_it_was(tmp_path: Path) -> None:
    phase, run = tmp_path / "a", tmp_path / "run"
    weights = _phase(phase)
    assert export_command(phase, tmp_path / "out", dtype="float32") == 0
    assert import_command(tmp_path / "out", str(run), "from-outside") == 0
    made = run / "checkpoints" / "from-outside"
    found = load_newest(made)
    assert found is not None and (made / "done").exists()
    assert all(torch.equal(found[0]["model"][name], weight) for name, weight in weights.items())
    ours, theirs = (Tokenizer.load(folder / "tokenizer.json") for folder in (phase, made))
    assert theirs.encode_text("x = 10 # <|eot_id|>") == ours.encode_text("x = 10 # <|eot_id|>")
    assert (theirs.size, theirs.control("frame_sep")) == (ours.size, ours.control("frame_sep"))


def test_wrong_folders_get_one_sentence_and_leave_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _phase(tmp_path / "a")
    export_command(tmp_path / "a", tmp_path / "out", dtype="bfloat16")
    capsys.readouterr()
    (tmp_path / "empty").mkdir()
    commands = {
        "is no trained phase": lambda: export_command(tmp_path / "empty", tmp_path / "b", dtype="float32"),
        "exists: delete it": lambda: export_command(tmp_path / "a", tmp_path / "out", dtype="float32"),
        "config.json' cannot be read": lambda: import_command(tmp_path / "empty", str(tmp_path / "run"), "n"),
        "is no name of a phase": lambda: import_command(tmp_path / "out", str(tmp_path / "run"), "../n"),
        "behind its merges": lambda: import_command(_other_tokenizer(tmp_path / "out"), str(tmp_path / "run"), "n"),
    }
    for sentence, command in commands.items():
        assert exit_with_sentence(command) == 2
        said = capsys.readouterr().err
        assert sentence in said and said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "empty", "out"]


def _other_tokenizer(folder: Path) -> Path:
    table = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps({**table, "added_tokens": table["added_tokens"][:-1]}))
    return folder
