"""Apache Kafka's jars, downloaded once into the user's Maven repository.

Once they are all there their list is kept in jgo's cache, so that later starts neither resolve
nor use the network. The environment variables M2_REPO and JGO_CACHE_DIR and jgo's own
configuration file move the two directories.
"""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import Artifact, MavenContext, PythonResolver
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cryptoviz.local import directory_lock
from cryptoviz.local.children import StartError

KAFKA = ("org.apache.kafka", "kafka_2.13", "4.3.1")
# Kafka's own package leaves the choice of a logging backend open.
LOGGING_BACKEND = ("org.apache.logging.log4j", "log4j-slf4j-impl")
LOGGING_CORE = "log4j-core"
NETWORK_TIMEOUT_S = 30
# The total is known only jar by jar, so bytes are shown and jars make the bar.
RECEIVED = TextColumn("{task.fields[received_mb]:.0f} MB")
# Another process may be downloading; the whole is 46 MB.
DOWNLOAD_WAIT_S = 600.0


def kafka_jars() -> list[Path]:
    """Return the paths of every jar of Kafka's class path, after downloading what is missing.

    Downloading shows a progress bar on standard error. Raises `StartError` when a jar is missing
    and cannot be downloaded.
    """
    settings = GlobalSettings.load()
    listing = settings.cache_dir / "cryptoviz" / f"{'-'.join(KAFKA[1:])}.json"
    if jars := _listed(listing, settings.repo_cache):
        return jars
    listing.parent.mkdir(parents=True, exist_ok=True)
    fd = directory_lock.hold(listing.with_suffix(".lock"), "download", DOWNLOAD_WAIT_S)
    with open(fd):
        return _listed(listing, settings.repo_cache) or _download(listing, settings)


def _listed(listing: Path, repository: Path) -> list[Path]:
    """Return the jars that *listing* names, or nothing if one of them is not as listed."""
    try:
        sizes: dict[str, int] = json.loads(listing.read_text())
        jars = {repository / name: size for name, size in sizes.items()}
        complete = all(jar.stat().st_size == size for jar, size in jars.items())
    except (OSError, ValueError):
        return []
    return list(jars) if complete else []


def _download(listing: Path, settings: GlobalSettings) -> list[Path]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RECEIVED)
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, refresh_per_second=5) as progress:
        task = progress.add_task("Looking up Apache Kafka's packages", total=None, received_mb=0.0)
        context = _context(settings, lambda count: _count_bytes(progress, count))
        try:
            artifacts = _resolve(context)
            progress.update(task, total=len(artifacts))
            jars = []
            for artifact in artifacts:
                progress.update(task, description=f"Downloading {artifact.filename}")
                jars.append(_fetched(artifact))
                progress.advance(task)
        except Exception as error:
            # jgo and its HTTP client raise errors of many kinds, down to XML ones.
            raise StartError(
                "Apache Kafka's packages are not all on this machine and could not be downloaded "
                f"into {settings.repo_cache}: {error}"
            ) from error
    sizes = {str(jar.relative_to(settings.repo_cache)): jar.stat().st_size for jar in jars}
    partial = listing.with_suffix(".partial")
    partial.write_text(json.dumps(sizes, indent=1))
    partial.replace(listing)
    return jars


def _count_bytes(progress: Progress, count: int) -> None:
    task = progress.tasks[0]
    progress.update(task.id, received_mb=task.fields["received_mb"] + count / 1e6)


def _context(settings: GlobalSettings, received: Callable[[int], None]) -> MavenContext:
    @contextlib.contextmanager
    def watch(filename: str, size: int) -> Iterator[Callable[[int], None]]:
        yield received

    return MavenContext(
        resolver=PythonResolver(progress_callback=watch),
        repo_cache=settings.repo_cache,
        remote_repos={"central": MAVEN_CENTRAL_URL} | settings.repositories,
        timeout=NETWORK_TIMEOUT_S,
    )


def _resolve(context: MavenContext) -> list[Artifact]:
    """Return Kafka's artifact, all that it depends on, and a logging backend that fits."""
    kafka = context.create_dependency(":".join((*KAFKA[:2], "jar", KAFKA[2], "compile")))
    resolved, dependencies = context.resolver.resolve([kafka])
    artifacts = [
        dependency.artifact
        for dependency in (*resolved, *dependencies)
        if dependency.scope in ("compile", "runtime")
    ]
    # Resolved apart: its parent's version table would pull Kafka's client back to version 3.
    version = next(found.version for found in artifacts if found.artifactId == LOGGING_CORE)
    backend = context.project(*LOGGING_BACKEND).at_version(version).artifact()
    return [*artifacts, backend]


def _fetched(artifact: Artifact) -> Path:
    cached = artifact.cached_path
    assert cached is not None
    # jgo writes to the final name, so an interrupted download leaves a part of the jar there.
    if cached.exists() and not zipfile.is_zipfile(cached):
        cached.unlink()
    jar = Path(artifact.resolve())
    if not zipfile.is_zipfile(jar):
        raise StartError(f"{jar} is not a jar after its download.")
    return jar
