"""Texts of a record by which an image is used and made again: Dockerfile, evaluation script, restoring command."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from images.docker_container import PYTHON
from images.engine import AGENT_UID

RESTORE = ("sh", "-c", "git reset -q --hard && git clean -fdq")

# A project that is not installed is imported from where it lies.
ON_PATH = (
    "import pathlib, sysconfig; "
    "pathlib.Path(sysconfig.get_path('purelib'), 'testbed.pth').write_text('/testbed' + chr(10) + '/testbed/src')"
)


def script(name: str) -> str:
    """Return one of the shell scripts of a build: `begin` or `finish`."""
    return (files("images") / f"{name}.sh").read_text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorable:
    """What the exported Dockerfile says: names, layers, and the pip arguments of the project's own installation."""

    repository: str
    spec: str
    image: str
    base: str
    version: str
    system: Sequence[str]
    packages: Sequence[str]
    project: bool
    labels: Mapping[str, str]


def dockerfile(about: Restorable) -> str:
    """Return a Dockerfile that makes the image from its base and the repository's files, with pip and apt alone."""
    apt = "apt-get update -q && apt-get install -y -q --no-install-recommends"
    system = (
        f"RUN mkdir -p /var/lib/apt/lists/partial && {apt} {shlex.join(about.system)} && rm -rf /var/lib/apt/lists\n"
    )
    pip = f"{PYTHON} -m pip install -q --no-cache-dir --no-deps"
    return (
        (files("images") / "restore.Dockerfile")
        .read_text()
        .format(
            repository=about.repository,
            spec=about.spec,
            version=about.version,
            image=about.image,
            base=about.base,
            user=AGENT_UID,
            system=system if about.system else "",
            packages=f"RUN {pip} {shlex.join(about.packages)}\n" if about.packages else "",
            environment="PATH=/opt/venv/bin:$PATH HOME=/home/worldline LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1",
            install=f"RUN {pip} -e .\n" if about.project else f"RUN {shlex.join([PYTHON, '-c', ON_PATH])}\n",
            finish=f"RUN {json.dumps(['sh', '-c', script('finish')])}\n",
            labels=" ".join(f"{name}={json.dumps(value)}" for name, value in about.labels.items()),
        )
    )


def evaluation_script(command: Sequence[str]) -> str:
    """Return a shell script that runs the tests in a fresh container; its arguments are more options or test ids."""
    return f"""#!/bin/sh
# Exit code: pytest's own. 0 all passed, 1 some failed, 2 or more the run itself failed.
cd /testbed || exit 2
export PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 TZ=UTC LC_ALL=C.UTF-8
exec {PYTHON} {shlex.join(command[1:])} "$@"
"""
