"""The learner: a lesson that samples groups, has them rewarded, and teaches the groups that have a signal."""

import random
from dataclasses import dataclass, field

import torch

from model.lesson import Taught
from model.loss import learnt_losses
from model.render import Control
from model.rl.advantage import advantages
from model.rl.environment import Environment, Question
from model.rl.policy_loss import Clip, policy_loss
from model.sample import Sampled, Sampling, continuations_row, sample
from model.tokenizer import Tokenizer
from model.transformer import Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class RlSettings:
    """Steps of `groups` questions with `samples` answers each, of at most `longest` tokens (the normaliser too).

    Questions of over `longest_prompt` tokens are not asked.
    """

    groups: int = 6
    samples: int = 6
    longest: int = 24
    longest_prompt: int = 1024
    temperature: float = 1.0
    clip: Clip = field(default_factory=Clip)

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise ValueError(f"samples is {self.samples!r}: a group needs at least 2 answers")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A question's prompt, its answers, and the reward of each."""

    prompt: list[int]
    answers: list[Sampled]
    rewards: list[float | None]

    def has_signal(self) -> bool:
        return len(set(self.rewards) - {None}) > 1


class Learner:
    """Teaches a model on an environment, synchronously: every answer comes from the newest weights.

    The values: mean reward, share of groups with a signal, answers not judged, and |learner - sampler| log-probability.
    """

    def __init__(self, tokenizer: Tokenizer, environment: Environment, settings: RlSettings, *, seed: int) -> None:
        self._tokenizer = tokenizer
        self._environment = environment
        self._settings = settings
        self._seed = seed
        asked = [(question, tokenizer.encode(question.prompt)) for question in environment.questions()]
        self.questions = [(question, ids) for question, ids in asked if len(ids) <= settings.longest_prompt]
        if not self.questions:
            raise ValueError(f"of {len(asked)} questions none has at most {settings.longest_prompt} tokens")

    def teach(self, model: Transformer, step: int) -> Taught:
        """See `Lesson.teach`; the choice of questions depends on seed and step alone."""
        draw = random.Random(f"{self._seed} {step}")
        asked = draw.sample(self.questions, min(self._settings.groups, len(self.questions)))
        answers = self._answers(model, asked, step)
        groups = self._rewarded([(q, ids, drawn) for (q, ids), drawn in zip(asked, answers, strict=True)])
        lags = [lag for group in groups if group.has_signal() for lag in self._learn(model, group)]
        given = [reward for group in groups for reward in group.rewards]
        known = [reward for reward in given if reward is not None]
        return Taught(
            tokens=sum(len(group.prompt) + len(answer.tokens) for group in groups for answer in group.answers),
            values={
                "reward": sum(known) / max(1, len(known)),
                "signal": sum(group.has_signal() for group in groups) / len(groups),
                "unjudged": float(len(given) - len(known)),
                "lag": sum(lags) / max(1, len(lags)),
            },
        )

    def _answers(self, model: Transformer, asked: list[tuple[Question, list[int]]], step: int) -> list[list[Sampled]]:
        sampling = Sampling(
            longest=self._settings.longest,
            stop=frozenset(map(self._tokenizer.control, ("frame_sep", "end_of_text"))),
            temperature=self._settings.temperature,
        )
        seeds = [random.Random(f"{self._seed} {step} {question.key}").getrandbits(60) for question, _ in asked]
        return sample(model, [ids for _, ids in asked], sampling, seeds=seeds, samples=self._settings.samples)

    def _rewarded(self, answered: list[tuple[Question, list[int], list[Sampled]]]) -> list[_Group]:
        """Return the groups; all answers of a step are judged in one call."""
        asked = [(question.key, self._text(answer)) for question, _, answers in answered for answer in answers]
        rewards = iter(self._environment.rewards(asked))
        return [
            _Group(prompt=prompt, answers=answers, rewards=[next(rewards) for _ in answers])
            for _, prompt, answers in answered
        ]

    def _text(self, sampled: Sampled) -> str:
        """Return the answer's text when it ends in frame_sep, else an empty one, which no reward is given for."""
        *body, last = self._tokenizer.decode(sampled.tokens)
        whole = last == Control("frame_sep") and all(isinstance(piece, str) for piece in body)
        return "".join(map(str, body)) if whole else ""

    def _learn(self, model: Transformer, group: _Group) -> list[float]:
        """Add the gradients of a group's judged answers; return the lag of each."""
        settings, lags = self._settings, []
        kept = [(a, r) for a, r in zip(group.answers, group.rewards, strict=True) if r is not None]
        weights = advantages([reward for _, reward in kept], [len(answer.tokens) for answer, _ in kept])
        normaliser = settings.longest * settings.groups * settings.samples
        losses_L = learnt_losses(model, continuations_row(group.prompt, [answer for answer, _ in kept]))
        loss = torch.zeros(())
        pieces = losses_L.split([len(answer.tokens) for answer, _ in kept])
        for loss_T, (answer, _), advantage in zip(pieces, kept, weights, strict=True):
            old_T = torch.tensor(answer.logprobs)
            lags.append(float((-loss_T.detach() - old_T).abs().mean()))
            loss = loss + policy_loss(-loss_T, old_T, advantage, normaliser=normaliser, clip=settings.clip)
        loss.backward()
        return lags
