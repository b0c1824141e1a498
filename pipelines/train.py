"""Train: one phase of a model on what a collection run holds, with an evaluation at its end.

python -m pipelines.train RECIPE
"""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from images.container import Container
from model.evaluate import Score, score_baselines, score_model
from model.lesson import Lesson
from model.rl.learner import Learner, RlSettings
from model.row_lesson import RowLesson
from model.tokenizer import Tokenizer
from model.trainer import StepMetrics, Trainer
from pipelines.cli_errors import exit_with_sentence
from pipelines.collected import Collected, documents_by_source, read_collected
from pipelines.output_environment import OutputEnvironment
from pipelines.recipe_job import run_recipe
from pipelines.train_recipe import TrainRecipe
from pipelines.training_folder import TrainingFolder


def train(recipe: TrainRecipe) -> Path:
    """Train the recipe's phase and return its folder, which also holds `metrics.jsonl` and `evaluation.json`."""
    import torch

    torch.set_num_threads(recipe.threads)
    folder, console = TrainingFolder(recipe), Console()
    if folder.is_done():
        console.print(f"{recipe.name} is done: its checkpoints lie in {folder.path}", highlight=False, soft_wrap=True)
        return folder.path
    collected = read_collected(folder.run)
    folder.claim()
    tokenizer = folder.tokenizer(collected)
    trainer = Trainer(folder.shape(tokenizer), recipe.phase(), folder.path, before=folder.before)
    parameters = sum(p.numel() for p in trainer.model.parameters())
    console.print(
        f"{recipe.name}: {parameters:,} parameters, step {trainer.step} of {recipe.steps}",
        highlight=False,
        soft_wrap=True,
    )
    with _lesson(recipe, tokenizer, collected, console) as lesson:
        trainer.run(lesson, lambda metrics: _say(console, metrics, recipe.steps))
    _evaluate(recipe, trainer, tokenizer, collected, folder)
    _print_scores(folder, console)
    folder.write("done", "")
    return folder.path


@contextmanager
def _lesson(recipe: TrainRecipe, tokenizer: Tokenizer, collected: Collected, console: Console) -> Iterator[Lesson]:
    """Give the lesson that the recipe asks for; its containers, where it has some, live as long as it is used."""
    with ExitStack() as stack:
        if recipe.rows is not None:
            sources = {}
            for name, documents, refused in documents_by_source(tokenizer, collected, recipe.rows, seed=recipe.seed):
                tokens = sum(len(document.tokens) for document in documents)
                console.print(
                    f"{name}: {len(documents)} documents, {tokens:,} tokens, {refused} too long",
                    highlight=False,
                    soft_wrap=True,
                )
                sources[name] = documents
            yield RowLesson(recipe.rows, sources, seed=recipe.seed)
        else:
            environment = _output_environment(collected, stack)
            learner = Learner(tokenizer, environment, recipe.rl or RlSettings(), seed=recipe.seed)
            console.print(f"{len(learner.questions)} questions with executed rewards")
            yield learner


def _output_environment(collected: Collected, stack: ExitStack) -> OutputEnvironment:
    traced = [t for t in collected.train if t.trace]
    session = stack.enter_context(collected.containers().session())
    containers: dict[str, Container] = {
        name: stack.enter_context(session.open(image))
        for name, image in sorted({t.origin.repository: t.origin.image for t in traced}.items())
    }
    return OutputEnvironment(traced, containers)


def _say(console: Console, metrics: StepMetrics, steps: int) -> None:
    often = max(1, steps // 20)
    if (metrics.step + 1) % often == 0 or metrics.step + 1 == steps:
        values = ", ".join(f"{name} {value:.3g}" for name, value in metrics.values.items())
        speed = metrics.tokens / metrics.seconds
        console.print(
            f"step {metrics.step + 1}/{steps} {metrics.phase}: {values}; {speed:,.0f} tokens/s",
            highlight=False,
            soft_wrap=True,
        )


def _evaluate(
    recipe: TrainRecipe, trainer: Trainer, tokenizer: Tokenizer, collected: Collected, folder: TrainingFolder
) -> None:
    """Score the model on held-out projects beside the baselines; the scores of the phases before are kept."""
    traces = collected.held_out(recipe.evaluated_traces)
    scores = folder.scores()
    made: dict[str, Score] = {}
    if not scores:
        made = score_baselines(tokenizer, traces, collected.known(), longest=recipe.evaluated_tokens)
    made[f"after {recipe.name}"] = score_model(trainer.model, tokenizer, traces, longest=recipe.evaluated_tokens)
    scores |= {name: asdict(score) for name, score in made.items()}
    folder.write("evaluation.json", json.dumps(scores, indent=2))


def _print_scores(folder: TrainingFolder, console: Console) -> None:
    for name, score in folder.scores().items():
        frames, outputs = (
            f"{score[key]:.1%} of {score[of]}" for key, of in (("next_frame", "frames"), ("output", "outputs"))
        )
        console.print(f"{name}: next frame {frames}, output {outputs}", highlight=False, soft_wrap=True)


def main(arguments: list[str]) -> int:
    """Train what the recipe asks for; return the exit code."""
    return run_recipe(arguments, "pipelines.train", TrainRecipe, train)


if __name__ == "__main__":
    sys.exit(exit_with_sentence(lambda: main(sys.argv[1:])))
