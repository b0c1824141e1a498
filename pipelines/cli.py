"""The command line: worldline COMMAND."""

import argparse
import importlib.metadata
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from images.spec import FORMS
from pipelines.cli_errors import exit_with_sentence
from pipelines.images_arguments import add_images_commands

_Command = Callable[[argparse.Namespace], int]


def main() -> None:
    """Run the command that the arguments name and exit with its code."""
    if sys.argv[1:2] == ["trace"]:
        # What stands behind its target are arguments of another program, which argparse would take for ours.
        sys.exit(exit_with_sentence(lambda: _trace(sys.argv[2:])))
    arguments = _parser().parse_args()
    command: _Command = arguments.command
    sys.exit(exit_with_sentence(lambda: command(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="worldline", description="From repositories to a trained code world model.")
    parser.add_argument("--version", action="version", version=importlib.metadata.version("worldline"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "doctor", "say what this machine has and lacks", _doctor)
    _add(commands, "setup", "install and start what is missing: engine, base image", _setup)
    collect = _add(commands, "collect", "run a collection recipe", _collect)
    collect.add_argument("recipe", type=Path)
    train = _add(commands, "train", "run a training recipe", _train)
    train.add_argument("recipe", type=Path)
    summary = _add(commands, "summary", "count what a run's folder holds", _summary)
    summary.add_argument("folder", type=Path)
    report = _add(commands, "report", "write a run's report.html and report.json", _report)
    report.add_argument("folder", type=Path)
    commands.add_parser("trace", help="run your own code and show each line that it ran: function, program or tests")
    images = commands.add_parser("images", help="build and keep executable images").add_subparsers(required=True)
    build = _add(images, "build", "build images of repositories", _build)
    build.add_argument("specs", nargs="+", metavar="SPEC", help=f"{FORMS}, or a list (.toml, .jsonl)")
    build.add_argument("--workers", type=int, default=2)
    build.add_argument("--python", default="3.11")
    build.add_argument("--as-of", default="", metavar="DATE", help="install no package file that was uploaded later")
    add_images_commands(images)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_text: str, command: _Command
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, description=help_text)
    parser.set_defaults(command=command)
    return parser


def _doctor(_: argparse.Namespace) -> int:
    from pipelines.doctor import doctor

    return doctor()


def _setup(_: argparse.Namespace) -> int:
    from collectors.native_engine import native_for_base
    from images.base_image import ensure_base
    from images.engine_setup import ensure_engine

    with ensure_engine(Path("runs")) as engine:
        print(f"engine: version {engine.version()}")
        print("base image and compiled tracer: made if they are not there yet, in one to two minutes", flush=True)
        print(f"base image: {ensure_base(engine, '3.11')}")
        print(f"compiled tracer: {native_for_base(engine, '3.11') or 'cannot be compiled; the pure one is used'}")
    return 0


def _collect(arguments: argparse.Namespace) -> int:
    from pipelines import collect

    return collect.main([str(arguments.recipe)])


def _train(arguments: argparse.Namespace) -> int:
    from pipelines import train

    return train.main([str(arguments.recipe)])


def _summary(arguments: argparse.Namespace) -> int:
    from pipelines.summary import print_summary

    return print_summary(arguments.folder)


def _report(arguments: argparse.Namespace) -> int:
    from pipelines.report import write_report

    write_report(arguments.folder)
    print(f"report: {arguments.folder}/report.html")
    return 0


def _trace(words: Sequence[str]) -> int:
    from pipelines.trace_command import trace_command

    return trace_command(words)


def _build(arguments: argparse.Namespace) -> int:
    from pipelines.build_command import build_command

    return build_command(arguments.specs, workers=arguments.workers, python=arguments.python, as_of=arguments.as_of)


if __name__ == "__main__":
    main()
