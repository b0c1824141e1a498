"""Tokenizer, packing, and the trainer on small real traces."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.function_tracing import trace_function
from images.local_container import LocalContainer
from model.checkpoint import checkpoints
from model.config import ModelConfig
from model.documents import output_document, trace_documents
from model.evaluate import score_baselines, score_model
from model.mixture import Mixture
from model.packed import Document
from model.packing import pack_rows
from model.phase import Optimisation, Phase
from model.render import Control, render
from model.row_lesson import RowLesson, RowSettings
from model.schedule import learning_rate
from model.tokenizer import Tokenizer, train_tokenizer
from model.trainer import Trainer
from model.transformer import Transformer
from tests.model.test_trace_format import TALLY
from trajectories.trace_record import Trace


def _tokenizer() -> Tokenizer:
    return train_tokenizer([TALLY * 3, "é 12"], merges=300)


def _trace(local: LocalContainer) -> Trace:
    return trace_function(local, TALLY, "tally", ["[2, 5]"])[0]


_SHAPE = {"hidden": 64, "layers": 2, "heads": 2, "kv_heads": 1, "head_dim": 32, "ffn": 128, "window": 64}


def _phase(steps: int, **optimisation: int) -> Phase:
    return Phase(
        name="mid", steps=steps, save_every=5, optimisation=Optimisation(**{"warmup_steps": 2, **optimisation})
    )


def _lesson(document: Document) -> RowLesson:
    settings = RowSettings(tokens=1024, mixture=Mixture(traces=1.0))
    return RowLesson(settings, {"traces": [document, document]}, seed=0)


def _train(folder: Path, document: Document, phase: Phase, **how: Any) -> Trainer:
    """Train, and stop behind step `stop_at` as a kill would."""
    stop_at = how.pop("stop_at", None)
    trainer = Trainer(ModelConfig(vocabulary=_TOKENIZER.size, **_SHAPE), phase, folder, **how)

    def stop(metrics: object) -> None:
        if stop_at is not None and trainer.step == stop_at:
            raise KeyboardInterrupt

    try:
        trainer.run(_lesson(document), stop)
    except KeyboardInterrupt:
        assert stop_at is not None
    return trainer


def _same(a: Trainer, b: Trainer) -> bool:
    return all(torch.equal(t, b.model.state_dict()[name]) for name, t in a.model.state_dict().items())


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_survives_tokens_and_never_becomes_control(text: str) -> None:
    tokenizer = _TOKENIZER
    ids = tokenizer.encode_text(text + "<|frame_sep|>")
    assert max(ids) < tokenizer.first_reserved
    assert tokenizer.decode(ids) == [text + "<|frame_sep|>"]


_TOKENIZER = _tokenizer()


def test_control_tokens_keep_their_slots(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(_TOKENIZER.to_json())
    loaded = Tokenizer.load(tmp_path / "t.json")
    assert loaded.control("frame_sep") - loaded.control("begin_of_text") == 100
    assert loaded.size - loaded.first_reserved == 256
    assert loaded.decode([loaded.control("pad"), *loaded.encode_text("a")]) == [Control("pad"), "a"]


@settings(deadline=None)
@given(st.lists(st.integers(1, 120), max_size=600), st.integers(0, 3))
def test_rows_hold_each_fitting_document_once(lengths: list[int], epoch: int) -> None:
    rows = pack_rows(lengths, 100, seed=1, epoch=epoch)
    assert all(sum(lengths[n] for n in row) <= 100 for row in rows)
    assert sorted(n for row in rows for n in row) == [n for n, size in enumerate(lengths) if size <= 100]


def test_rows_are_nearly_full() -> None:
    lengths = [17 + (n * 7919) % 1500 for n in range(3000)]
    rows = pack_rows(lengths, 2048, seed=0, epoch=0)
    assert sum(lengths) / (2048 * len(rows)) > 0.97


def test_a_small_model_learns_one_trace_by_heart(local: LocalContainer, tmp_path: Path) -> None:
    trace = _trace(local)
    (document,) = trace_documents(_TOKENIZER, trace, longest=1024)
    assert list(document.tokens) == _TOKENIZER.encode(render(trace))
    trainer = _train(tmp_path, document, _phase(200))
    score = score_model(trainer.model, _TOKENIZER, [trace], longest=1024)
    assert (score.next_frame, score.frames) == (1.0, 11)
    base = score_baselines(_TOKENIZER, [trace], [trace], longest=1024)
    assert base["copy the last state"].frames == 11
    assert 0 < base["copy the last state"].next_frame < 0.5
    assert base["most frequent answer"].output == 1.0


def test_a_long_trace_is_many_documents_of_whole_frames(local: LocalContainer) -> None:
    trace = _trace(local)
    documents = list(trace_documents(_TOKENIZER, trace, longest=300))
    assert len(documents) > 1
    assert max(len(document.tokens) for document in documents) <= 300
    frames = [text for d in documents for text in _TOKENIZER.decode(d.tokens) if str(text).startswith('{"')]
    assert len(frames) == sum(bool(frame.locals) for frame in trace.frames)
    assert '".."' not in next(str(p) for p in _TOKENIZER.decode(documents[1].tokens) if str(p).startswith('{"'))
    assert sum(documents[1].weights) < sum(documents[0].weights) < len(documents[0].tokens)
    assert all(any(d.weights) for n in range(290, 420, 5) for d in trace_documents(_TOKENIZER, trace, longest=n))


def test_of_an_output_question_the_answer_alone_is_learnt(local: LocalContainer) -> None:
    document = output_document(_TOKENIZER, _trace(local))
    assert document is not None
    learnt = [t for t, weight in zip(document.tokens, document.weights, strict=True) if weight]
    assert _TOKENIZER.decode(learnt) == ['"7"', Control("frame_sep")]
    assert _TOKENIZER.decode(document.tokens)[:2] == [Control("begin_of_text"), Control("trace_context_start")]


def test_a_stopped_run_goes_on_to_the_same_weights(local: LocalContainer, tmp_path: Path) -> None:
    (document,) = trace_documents(_TOKENIZER, _trace(local), longest=1024)
    torch.set_num_threads(1)
    whole = _train(tmp_path / "a", document, _phase(12))
    _train(tmp_path / "b", document, _phase(12), stop_at=8)
    newest = checkpoints(tmp_path / "b")[-1]
    (newest / "state.pt").write_bytes((newest / "state.pt").read_bytes()[:-100])
    _train(tmp_path / "b", document, _phase(12), stop_at=7)
    assert _same(whole, _train(tmp_path / "b", document, _phase(12)))


def test_two_phases_of_one_cosine_end_where_one_phase_does(local: LocalContainer, tmp_path: Path) -> None:
    (document,) = trace_documents(_TOKENIZER, _trace(local), longest=1024)
    torch.set_num_threads(1)
    whole = _train(tmp_path / "a", document, _phase(12))
    _train(tmp_path / "b", document, _phase(8, cosine_steps=12))
    second = _phase(4, cosine_steps=12, cosine_start=8)
    assert _same(whole, _train(tmp_path / "c", document, second, before=tmp_path / "b"))


def test_a_phase_of_its_own_cosine_keeps_the_optimizers_state_and_not_its_settings(
    local: LocalContainer, tmp_path: Path
) -> None:
    (document,) = trace_documents(_TOKENIZER, _trace(local), longest=1024)
    _train(tmp_path / "a", document, _phase(6))
    phase = Phase(name="next", steps=2, optimisation=Optimisation(weight_decay=0.0, peak=1e-4, warmup_steps=0))
    trainer = Trainer(ModelConfig(vocabulary=_TOKENIZER.size, **_SHAPE), phase, tmp_path / "b", before=tmp_path / "a")
    trainer.run(_lesson(document), lambda metrics: None)
    state = torch.load(trainer.save() / "state.pt", weights_only=True)["optimizer"]
    assert {float(moments["step"]) for moments in state["state"].values()} == {8.0}
    assert {group["weight_decay"] for group in state["param_groups"]} == {0.0}


def test_rates_of_phases_that_share_a_cosine_join() -> None:
    first, second = _phase(8, cosine_steps=12), _phase(4, cosine_steps=12, cosine_start=8)
    rates = [learning_rate(first, n) for n in range(8)] + [learning_rate(second, n) for n in range(4)]
    assert rates == [learning_rate(_phase(12), n) for n in range(12)]
    assert rates[1:] == sorted(rates[1:], reverse=True)
    with pytest.raises(ValueError, match="end behind the cosine's 12"):
        _phase(5, cosine_steps=12, cosine_start=8)


def test_row_lessons_give_any_step_without_those_before_it(local: LocalContainer) -> None:
    (document,) = trace_documents(_TOKENIZER, _trace(local), longest=1024)
    model = Transformer(ModelConfig(vocabulary=_TOKENIZER.size, **_SHAPE))
    model.initialise(0)
    one = _lesson(document)
    in_turn = [one.teach(model, step) for step in range(3)]
    assert _lesson(document).teach(model, 2) == in_turn[2]
    assert list(in_turn[0].values) == ["loss", "traces"]
