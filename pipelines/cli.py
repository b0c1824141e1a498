"""The command line: worldline COMMAND."""

import argparse
import importlib.metadata
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from images.spec import FORMS
from pipelines.cli_errors import exit_with_sentence
from pipelines.errors import UserError
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
    export = _add(commands, "export", "write a trained phase as a folder for transformers and vLLM", _export)
    export.add_argument("phase", type=Path, help="RUN/checkpoints/NAME")
    export.add_argument("folder", type=Path)
    export.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    imported = _add(commands, "import", "make weights of a CWM folder a phase that recipes can continue", _import)
    imported.add_argument("folder", type=Path, help="config.json, tokenizer.json and safetensors")
    imported.add_argument("run", help="a run's folder")
    imported.add_argument("name", help="of the phase that it becomes")
    summary = _add(commands, "summary", "count what a run's folder holds", _summary)
    summary.add_argument("folder", type=Path)
    report = _add(commands, "report", "write a run's report.html and report.json", _report)
    report.add_argument("folder", type=Path)
    replay = _add(commands, "replay", "play episodes again in fresh containers and compare", _replay)
    replay.add_argument("folder", type=Path, metavar="RUN")
    replay.add_argument("ids", nargs="*", metavar="EPISODE_ID", help="an id, or a beginning that no other has")
    replay.add_argument("--all", action="store_true", help="every episode of the run")
    replay.add_argument("--workers", type=int, default=1)
    replay.add_argument("--json", action="store_true")
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


def _export(arguments: argparse.Namespace) -> int:
    from pipelines.interchange_command import export_command

    return export_command(arguments.phase, arguments.folder, dtype=arguments.dtype)


def _import(arguments: argparse.Namespace) -> int:
    from pipelines.interchange_command import import_command

    return import_command(arguments.folder, arguments.run, arguments.name)


def _summary(arguments: argparse.Namespace) -> int:
    from pipelines.summary import print_summary

    return print_summary(arguments.folder)


def _report(arguments: argparse.Namespace) -> int:
    from pipelines.report import write_report

    write_report(arguments.folder)
    print(f"report: {arguments.folder}/report.html")
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    from pipelines.replay_command import replay_command

    if bool(arguments.ids) == arguments.all or arguments.workers < 1:
        raise UserError("replay needs either ids of episodes or --all, and at least 1 worker")
    return replay_command(arguments.folder, arguments.ids, workers=arguments.workers, as_json=arguments.json)


def _trace(words: Sequence[str]) -> int:
    from pipelines.trace_command import trace_command

    return trace_command(words)


def _build(arguments: argparse.Namespace) -> int:
    from pipelines.build_command import build_command

    return build_command(arguments.specs, workers=arguments.workers, python=arguments.python, as_of=arguments.as_of)


if __name__ == "__main__":
    main()
