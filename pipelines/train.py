"""Train: a model on what a collection run holds, through the phases of a recipe, with an evaluation after each.

python -m pipelines.train RECIPE
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console

from images.container import Container
from images.docker_container import DockerContainer
from images.engine import Engine
from model.checkpoint import save_checkpoint
from model.config import named_config
from model.documents import code_documents, episode_document, output_document, trace_document, within
from model.evaluate import Score, score_baselines, score_model
from model.packed import Document
from model.phase import Optimisation, Phase
from model.render import render, to_text
from model.rl.learner import Learner, RlMetrics, RlSettings
from model.tokenizer import Tokenizer, train_tokenizer
from model.trainer import StepMetrics, Trainer, TrainSettings
from model.transformer import Transformer
from pipelines.cli_errors import exit_with_sentence
from pipelines.errors import UserError
from pipelines.jobs.image_job import read_image, repository_name, source_texts
from pipelines.output_environment import OutputEnvironment
from pipelines.recipe import CollectRecipe, from_table
from pipelines.recipe_job import run_recipe
from pipelines.run_folder import locate
from trajectories.rows import from_row
from trajectories.store import Store
from trajectories.trajectory import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRecipe:
    """One training run on the collection run in `run_folder`; checkpoints go to its `checkpoints/`."""

    name: str
    run_folder: str
    phases: tuple[Phase, ...]
    model: str = "debug"
    merges: int = 2048
    seed: int = 0
    save_every: int = 50
    evaluated_traces: int = 100
    threads: int = 2
    optimisation: Optimisation = field(default_factory=Optimisation)
    rl: RlSettings | None = None

    def __post_init__(self) -> None:
        if not self.phases:
            raise ValueError("a recipe needs at least one [[phases]]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a collection run holds: source texts of the training projects, and trajectories by split."""

    code: list[str]
    train: list[Trajectory]
    test: list[Trajectory]


def read_collected(folder: Path) -> Collected:
    """Return the run's texts and trajectories; raise `UserError` when there is no finished collection."""
    if not (folder / "recipe.json").exists():
        raise UserError(f"{str(folder)!r} is no run's folder: run `worldline collect` first")
    recipe = from_table(CollectRecipe, json.loads((folder / "recipe.json").read_text()), where="")
    images = Store(folder, "images")
    code: list[str] = []
    for entry in recipe.repositories:
        if entry.split == "train" and images.is_done(repository_name(entry)):
            code += [text for _, text in sorted(source_texts(read_image(folder, entry)[1]).items())]
    found = [from_row(row) for name in ("traces", "episodes") for row in Store(folder, name).rows()]
    split = {name: [t for t in found if t.origin.split == name] for name in ("train", "test")}
    if not split["train"] or not split["test"]:
        raise UserError(f"run {str(folder)!r} holds no trajectories of both splits: finish its collection first")
    return Collected(code=code, train=split["train"], test=split["test"])


def train(recipe: TrainRecipe) -> Path:
    """Train through all phases and return the folder of the checkpoints, which also holds `evaluation.json`."""
    import torch

    torch.set_num_threads(recipe.threads)
    folder = locate(recipe.run_folder)
    collected = read_collected(folder)
    target, console = folder / "checkpoints" / recipe.name, Console()
    tokenizer = _tokenizer(target, collected, recipe.merges)
    longest = min(phase.row_tokens for phase in recipe.phases)
    sources = _sources(tokenizer, collected, longest=longest, seed=recipe.seed, console=console)
    settings = TrainSettings(
        phases=recipe.phases, optimisation=recipe.optimisation, seed=recipe.seed, save_every=recipe.save_every
    )
    trainer = Trainer(named_config(recipe.model, vocabulary=tokenizer.size), settings, sources, target)
    console.print(f"{sum(p.numel() for p in trainer.model.parameters()):,} parameters, {settings.steps} steps")
    evaluation = _Evaluation(target, tokenizer, collected, recipe.evaluated_traces, longest, console)
    trainer.run(
        lambda phase, model: evaluation.score(phase.name, model), lambda metrics: _say(console, metrics, settings.steps)
    )
    if recipe.rl is not None and not (target / "rl" / "done").exists():
        _reinforce(recipe.rl, trainer.model, tokenizer, collected, target, console)
        evaluation.score("reinforcement", trainer.model)
        (target / "rl" / "done").touch()
    return target


def _reinforce(
    settings: RlSettings, model: Transformer, tokenizer: Tokenizer, collected: Collected, target: Path, console: Console
) -> None:
    """Improve the model on output prediction; the metrics and the last weights go to `rl/` once it is done."""
    images = {t.origin.repository: t.origin.image for t in collected.train if t.trace}
    engine = Engine()
    with ExitStack() as stack:
        containers: dict[str, Container] = {
            name: stack.enter_context(DockerContainer(engine, image)) for name, image in sorted(images.items())
        }
        environment = OutputEnvironment([t for t in collected.train if t.trace], containers)
        console.print(f"{len(environment.questions())} questions with executed rewards")
        lines: list[str] = []

        def keep(metrics: RlMetrics) -> None:
            lines.append(json.dumps(asdict(metrics)) + "\n")
            console.print(
                f"rl step {metrics.step + 1}/{settings.steps}: reward {metrics.reward:+.3f}, "
                f"{metrics.signal:.0%} of groups with signal, lag {metrics.lag:.1e}",
                highlight=False,
            )

        Learner(model, tokenizer, environment, settings).run(keep)
    save_checkpoint(target / "rl", settings.steps, {"model": model.state_dict()}, {"phase": "reinforcement"})
    (target / "rl" / "metrics.jsonl").write_text("".join(lines))


def _say(console: Console, metrics: StepMetrics, steps: int) -> None:
    if metrics.step % 10 == 0 or metrics.step + 1 == steps:
        speed = metrics.tokens / metrics.seconds
        console.print(
            f"step {metrics.step + 1}/{steps} {metrics.phase}: loss {metrics.loss:.3f}, {speed:,.0f} tokens/s",
            highlight=False,
        )


def _tokenizer(target: Path, collected: Collected, merges: int) -> Tokenizer:
    path = target / "tokenizer.json"
    if not path.exists():
        traces = [to_text(render(t.trace)) for t in collected.train if t.trace]
        target.mkdir(parents=True, exist_ok=True)
        staged = target / f".tokenizer-{os.getpid()}.json"
        train_tokenizer([*collected.code, *traces], merges=merges).save(staged)
        staged.rename(path)
    return Tokenizer.load(path)


def _sources(
    tokenizer: Tokenizer, collected: Collected, *, longest: int, seed: int, console: Console
) -> dict[str, list[Document]]:
    made: dict[str, Iterator[Document | None]] = {
        "code": (d for text in collected.code for d in code_documents(tokenizer, text, longest=longest)),
        "traces": (trace_document(tokenizer, t.trace, longest=longest) for t in collected.train if t.trace),
        "outputs": (output_document(tokenizer, t.trace) for t in collected.train if t.trace),
        "episodes": (
            episode_document(tokenizer, t.episode, longest=longest, seed=seed) for t in collected.train if t.episode
        ),
    }
    sources = {}
    for name, documents in made.items():
        sources[name], refused = within(documents, longest)
        tokens = sum(len(document.tokens) for document in sources[name])
        console.print(f"{name}: {len(sources[name])} documents, {tokens:,} tokens, {refused} too long", highlight=False)
    return sources


class _Evaluation:
    """Scores the model on held-out traces after each phase, beside the baselines, and keeps the scores in a file."""

    def __init__(
        self, target: Path, tokenizer: Tokenizer, collected: Collected, most: int, longest: int, console: Console
    ) -> None:
        self._path = target / "evaluation.json"
        self._tokenizer = tokenizer
        held_out = sorted((t for t in collected.test if t.trace), key=lambda t: t.id)
        self._traces = [t.trace for t in held_out[:most] if t.trace]
        self._longest = longest
        self._console = console
        known = [t.trace for t in collected.train if t.trace]
        self._scores = json.loads(self._path.read_text()) if self._path.exists() else {}
        for name, score in score_baselines(self._traces, known).items():
            self._keep(name, score)

    def score(self, phase: str, model: Transformer) -> None:
        """Score the model as it is at the end of a phase."""
        self._keep(f"after {phase}", score_model(model, self._tokenizer, self._traces, longest=self._longest))

    def _keep(self, name: str, score: Score) -> None:
        self._scores[name] = asdict(score)
        self._console.print(
            f"{name}: next frame {score.next_frame:.1%} of {score.frames}, output {score.output:.1%} of {score.outputs}",
            highlight=False,
        )
        staged = self._path.with_suffix(".tmp")
        staged.write_text(json.dumps(self._scores, indent=2))
        staged.rename(self._path)


def main(arguments: list[str]) -> int:
    """Train what the recipe asks for; return the exit code."""
    return run_recipe(arguments, "pipelines.train", TrainRecipe, train)


if __name__ == "__main__":
    sys.exit(exit_with_sentence(lambda: main(sys.argv[1:])))
