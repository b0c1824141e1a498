"""The learner: samples groups, has them rewarded, and takes one step on the groups that have a signal."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from model.loss import token_losses
from model.render import Control
from model.rl.advantage import advantages
from model.rl.environment import Environment, Question
from model.rl.policy_loss import Clip, policy_loss
from model.sample import Sampled, continuation_row, sample
from model.tokenizer import Tokenizer
from model.transformer import Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class RlSettings:
    """Steps of `groups` questions with `samples` answers each, of at most `longest` tokens (the normaliser too)."""

    steps: int = 20
    groups: int = 6
    samples: int = 6
    longest: int = 24
    peak: float = 3e-5
    temperature: float = 1.0
    clip_norm: float = 1.0
    seed: int = 0
    clip: Clip = field(default_factory=Clip)

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise ValueError(f"samples is {self.samples!r}: a group needs at least 2 answers")


@dataclass(frozen=True, slots=True, kw_only=True)
class RlMetrics:
    """One step: mean reward, share of groups with a signal, answers not judged, and |learner - sampler| log-probability."""

    step: int
    reward: float
    signal: float
    unjudged: int
    lag: float


class Learner:
    """Improves a model in place on an environment, synchronously: every answer comes from the newest weights."""

    def __init__(
        self, model: Transformer, tokenizer: Tokenizer, environment: Environment, settings: RlSettings
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._environment = environment
        self._settings = settings
        self._questions = list(environment.questions())
        if not self._questions:
            raise ValueError("the environment asks no question")
        self._optimizer = torch.optim.AdamW(model.parameters(), lr=settings.peak, betas=(0.9, 0.95), weight_decay=0.0)

    def run(self, on_step: Callable[[RlMetrics], None]) -> None:
        """Take all steps."""
        for step in range(self._settings.steps):
            on_step(self.step(step))

    def step(self, number: int) -> RlMetrics:
        """Sample, reward and learn once; the choice of questions depends on seed and step alone."""
        settings = self._settings
        draw = random.Random(f"{settings.seed} {number}")
        asked = draw.sample(self._questions, min(settings.groups, len(self._questions)))
        groups = [(question, *self._answers(question, number)) for question in asked]
        answers = [(q.key, self._text(s)) for q, _, sampled in groups for s in sampled]
        rewards = iter(self._environment.rewards(answers))
        judged = [(prompt, sampled, [next(rewards) for _ in sampled]) for _, prompt, sampled in groups]
        lags = self._learn(judged)
        known = [r for _, _, given in judged for r in given if r is not None]
        return RlMetrics(
            step=number,
            reward=sum(known) / max(1, len(known)),
            signal=sum(len(set(given) - {None}) > 1 for _, _, given in judged) / len(judged),
            unjudged=sum(r is None for _, _, given in judged for r in given),
            lag=sum(lags) / max(1, len(lags)),
        )

    def _answers(self, question: Question, number: int) -> tuple[list[int], list[Sampled]]:
        settings = self._settings
        prompt = self._tokenizer.encode(question.prompt)
        generator = torch.Generator().manual_seed(
            random.Random(f"{settings.seed} {number} {question.key}").getrandbits(60)
        )
        stop = {self._tokenizer.control("frame_sep"), self._tokenizer.control("end_of_text")}
        sampled = sample(
            self._model,
            prompt,
            samples=settings.samples,
            longest=settings.longest,
            stop=stop,
            generator=generator,
            temperature=settings.temperature,
        )
        return prompt, sampled

    def _text(self, sampled: Sampled) -> str:
        """Return the answer's text when it ends in frame_sep, else an empty one, which no reward is given for."""
        *body, last = self._tokenizer.decode(sampled.tokens)
        whole = last == Control("frame_sep") and all(isinstance(piece, str) for piece in body)
        return "".join(map(str, body)) if whole else ""

    def _learn(self, judged: list[tuple[list[int], list[Sampled], list[float | None]]]) -> list[float]:
        lags, settings, learnt = [], self._settings, 0
        for prompt, sampled, given in judged:
            kept = [(s, r) for s, r in zip(sampled, given, strict=True) if r is not None]
            if len({reward for _, reward in kept}) < 2:
                continue
            weights = advantages([reward for _, reward in kept], [len(s.tokens) for s, _ in kept])
            for (answer, _), advantage in zip(kept, weights, strict=True):
                row = continuation_row(prompt, answer)
                new_T = -token_losses(self._model, row)[row.weights_T > 0]
                old_T = torch.tensor(answer.logprobs)
                lags.append(float((new_T.detach() - old_T).abs().mean()))
                normaliser = settings.longest * settings.groups * settings.samples
                policy_loss(new_T, old_T, advantage, normaliser=normaliser, clip=settings.clip).backward()
                learnt += 1
        if learnt:
            torch.nn.utils.clip_grad_norm_(self._model.parameters(), settings.clip_norm, error_if_nonfinite=True)
            self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return lags
