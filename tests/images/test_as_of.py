"""As of: what a date means, and that an installer which is held to one sees the packages of its day."""

from datetime import UTC, datetime

import pytest

from images.as_of import check_as_of, moment_of
from images.build import build_image
from images.build_mounts import UV, BuildMounts
from images.build_settings import BuildSettings
from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import BuildFailed
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind

RELEASED = datetime(2020, 6, 6, 8, 4, 44, tzinfo=UTC)


def test_a_date_means_the_whole_day_and_source_the_sources_own() -> None:
    tree = SourceTree(files={}, dated=RELEASED)
    assert moment_of("2020-02-29", tree) == datetime(2020, 3, 1, tzinfo=UTC)
    assert moment_of("2020-02-29T12:00:00Z", tree) == datetime(2020, 2, 29, 12, tzinfo=UTC)
    assert moment_of("source", tree) == RELEASED
    assert moment_of("", tree) is None
    with pytest.raises(BuildFailed, match="the source has no date"):
        moment_of("source", SourceTree(files={}))


@pytest.mark.parametrize("text", ["yesterday", "2020-13-01", "2020-1-1", "2020-01-01 12:00", "20200101"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write 'source' for the date"):
        check_as_of(text)


@pytest.mark.docker
def test_an_old_date_gives_an_old_version(engine: Engine, base: str) -> None:
    with (
        BuildMounts(gateway=engine.gateway(), as_of=RELEASED) as mounts,
        DockerContainer(engine, base, network=True, mounts=mounts.volumes) as container,
    ):
        command = [UV, "pip", "install", "-q", "--python", container.python, "inflection"]
        done = container.run(command, env=mounts.environment, timeout_s=300)
        found = container.run([container.python, "-m", "pip", "show", "inflection"]).text
    assert "Version: 0.5.0\n" in found, done.text


@pytest.mark.docker
def test_a_build_as_of_its_source_has_the_dependencies_of_its_day(engine: Engine, base: str) -> None:
    files = {
        "a.py": b"x = 1\n",
        "test_a.py": b"import a\n\n\ndef test_a():\n    assert a.x == 1\n",
        "requirements.txt": b"inflection\n",
    }
    spec = RepositorySpec(text="dated", kind=SourceKind.PATH, location="/dated", revision=None)
    tree = SourceTree(files=files, dated=RELEASED)
    record = build_image(engine, spec, tree, BuildSettings(as_of="source"))
    assert "inflection==0.5.0" in record.packages, record.reason
