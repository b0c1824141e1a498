"""Collected: what a collection run holds for training, and the documents that it is made into."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from images.container_choice import ContainerSettings
from model.documents import (
    account_document,
    code_documents,
    episode_document,
    output_document,
    trace_documents,
    within,
)
from model.packed import Document
from model.render import render, to_text
from model.row_lesson import RowSettings
from model.tokenizer import Tokenizer, train_tokenizer
from pipelines.entry_build import repository_name
from pipelines.errors import UserError
from pipelines.jobs.image_job import read_image, source_texts
from pipelines.output_environment import is_test
from pipelines.run_folder import recipe_of
from trajectories.account import Verdict
from trajectories.rows import from_row
from trajectories.store import Store
from trajectories.trace_record import Trace
from trajectories.trajectory import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The trajectories of a collection run in `folder`, by split."""

    folder: Path
    train: list[Trajectory]
    test: list[Trajectory]

    def known(self) -> list[Trace]:
        """Return the traces of the training projects."""
        return [t.trace for t in self.train if t.trace]

    def held_out(self, most: int) -> list[Trace]:
        """Return at most that many traces of held-out projects, always the same."""
        return [t.trace for t in sorted(self.test, key=lambda t: t.id) if t.trace][:most]

    def accounts(self) -> list[tuple[Trace, str]]:
        """Return the kept accounts of the training projects, each with its trace."""
        traces = {t.id: t.trace for t in self.train if t.trace}
        rows = Store(self.folder, "accounts").rows(["trace_id", "verdict", "text"])
        kept = [row for row in rows if row["verdict"] == Verdict.KEPT and row["trace_id"] in traces]
        return [(traces[row["trace_id"]], row["text"]) for row in kept]

    def containers(self) -> ContainerSettings:
        """Return which containers the collection used: what it holds can be run again in them."""
        return recipe_of(self.folder).containers

    def code(self) -> list[str]:
        """Return the source texts of the training projects, fetched again."""
        images, found = Store(self.folder, "images"), []
        for entry in recipe_of(self.folder).repositories:
            if entry.split == "train" and images.is_done(repository_name(entry)):
                found += [text for _, text in sorted(source_texts(read_image(self.folder, entry)[1]).items())]
        return found


def read_collected(folder: Path) -> Collected:
    """Return the run's trajectories; raise `UserError` when there is no finished collection."""
    found = [from_row(row) for name in ("traces", "episodes") for row in Store(folder, name).rows()]
    split = {name: [t for t in found if t.origin.split == name] for name in ("train", "test")}
    if not split["train"] or not split["test"]:
        raise UserError(f"run {str(folder)!r} holds no trajectories of both splits: finish its collection first")
    return Collected(folder=folder, train=split["train"], test=split["test"])


def trained_tokenizer(collected: Collected, merges: int) -> Tokenizer:
    """Return a tokenizer of the training projects' sources and traces."""
    traces = [to_text(render(trace)) for trace in collected.known()]
    return train_tokenizer([*collected.code(), *traces], merges=merges)


def documents_by_source(
    tokenizer: Tokenizer, collected: Collected, settings: RowSettings, *, seed: int
) -> Iterator[tuple[str, list[Document], int]]:
    """Yield each source of the mixture with its documents, and how many are left out because they do not fit a row."""
    longest = settings.tokens
    made: dict[str, Callable[[], Iterator[Document | None]]] = {
        "code": lambda: (d for text in collected.code() for d in code_documents(tokenizer, text, longest=longest)),
        "traces": lambda: (
            d for trace in collected.known() for d in trace_documents(tokenizer, trace, longest=longest)
        ),
        "outputs": lambda: (output_document(tokenizer, trace) for trace in collected.known() if not is_test(trace)),
        "accounts": lambda: (account_document(tokenizer, trace, text) for trace, text in collected.accounts()),
        "episodes": lambda: (
            episode_document(tokenizer, t.episode, longest=longest, seed=seed) for t in collected.train if t.episode
        ),
    }
    for name, documents in made.items():
        if getattr(settings.mixture, name) > 0:
            kept, refused = within(documents(), longest)
            if not kept:
                raise UserError(
                    f"the mixture takes {name!r}, of which run {str(collected.folder)!r} has none that fit {longest} tokens"
                )
            yield name, kept, refused
