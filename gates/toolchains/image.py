"""Builds the image of a module's Dockerfile, where a builder is at hand, and says its digest.

The context is the bundle: what an image carries is what was checked. Each builder keeps its images
in the run's own folder; none is pushed, tagged or left behind. Commands of the Dockerfile run in a
container of the builder's, by a user other than root, without network; a Dockerfile that only
copies runs none. Source: the manuals buildah-build(1), podman-build(1), docker build.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gates.errors import CouldNotCheckError, ToolFailedError, ToolMissingError
from gates.model import Location
from gates.records import dataclass
from gates.settings import Policy
from gates.toolchains.bundle import Bundle, unpack
from gates.toolchains.dockerfile import (
    NAME,
    find_images,
    find_missing,
    find_problems,
    read_instructions,
)
from gates.toolchains.problem import Problem
from gates.toolchains.processes import Ran, disk
from gates.toolchains.tools import SOURCE_DATE_EPOCH, Program, Tools

BUILDERS = ("buildah", "podman", "docker")
"""In the order in which they are tried: the first two need no service that runs as root."""
CANARY = "FROM scratch\nCOPY file /file\nUSER 65532:65532\n"
"""What every builder that works can build, whatever else is on the machine."""
HINT = "install buildah, and run the gate as a user other than root"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class NotPossibleError(Exception):
    """Why no image can be built here; nothing that the module did wrong."""


@dataclass(frozen=True)
class Image:
    """What came of the build."""

    digest: str
    """Of the image's configuration: "sha256:<hex>"; "" where it was not built."""
    said: str
    """For the record: the builder and the digest, or why there is none."""
    problems: tuple[Problem, ...] = ()


def build_image(tools: Tools, bundle: Bundle, policy: Policy) -> Image:
    """The image of the module, as far as the policy's `build.image` asks for one.

    Raises `CouldNotCheckError` where it is required and cannot be built here, and where the
    Dockerfile has problems for which no builder should read it.
    """
    module = tools.session.module
    if NAME not in module.files:
        return Image("", "not built: there is no Dockerfile")
    if missing := tuple(find_missing(module.text(NAME), bundle.contents)):
        return Image("", "not built: the bundle lacks files", missing)
    if policy.image == "never":
        return Image("", "not built: the policy asks for none")
    if next(find_problems(module), None) is not None:
        raise CouldNotCheckError(
            "the image is not built: the Dockerfile is not as the check dockerfile asks",
            hint="gates lint --check dockerfile",
        )
    try:
        return _build(tools, bundle, policy)
    except NotPossibleError as error:
        if policy.image == "required":
            raise CouldNotCheckError(
                f"the policy requires the image (build.image), and it cannot be built: {error}",
                hint=HINT,
            ) from error
        return Image("", f"not built: {error}")


def _build(tools: Tools, bundle: Bundle, policy: Policy) -> Image:
    text = tools.session.module.text(NAME)
    commands = any(getattr(each, "name", "") == "RUN" for each in read_instructions(text))
    if commands and os.geteuid() == 0:
        raise NotPossibleError("the Dockerfile runs commands, and this is root")
    if not policy.image_network and (others := find_images(text)):
        raise NotPossibleError(
            f"it needs {', '.join(others)}, and the policy allows no network (build.image_network)"
        )
    context = tools.folder / "image"
    unpack(bundle, context)
    reasons = []
    for builder in _builders(tools, commands, policy.image_network):
        try:
            builder.prove()
        except NotPossibleError as error:
            reasons.append(str(error))
            continue
        return builder.image(context)
    raise NotPossibleError("; ".join(reasons) or f"there is no {', '.join(BUILDERS)}")


def _builders(tools: Tools, commands: bool, network: bool) -> Iterator[Builder]:
    for name in BUILDERS:
        try:
            program = tools.resolve(name)
        except ToolMissingError:
            continue
        except ToolFailedError as error:
            raise NotPossibleError(f"{name} does not work: {error}") from error
        yield Builder(tools, program, commands, network)


@dataclass(frozen=True)
class Builder:
    """One program that builds images."""

    tools: Tools
    program: Program
    commands: bool
    """Whether the Dockerfile runs commands."""
    network: bool

    def prove(self) -> None:
        """Build what every builder can. Raises `NotPossibleError` where this one cannot."""
        name, folder = self.program.name, self.tools.folder / f"canary-{self.program.name}"
        with disk():
            folder.mkdir()
            (folder / "file").write_text("canary\n", "ascii")
            (folder / NAME).write_text(CANARY, "ascii")
        try:
            if name == "docker" and "rootless" not in self._docker_options():
                raise NotPossibleError("docker runs as root here")
            status, said = self._run(folder)
            if not status:
                self.digest()
        except ToolFailedError as error:
            raise NotPossibleError(f"{name} does not work here: {error}") from error
        if status:
            raise NotPossibleError(f"{name} does not work here: {said[-300:]}")

    def image(self, context: Path) -> Image:
        """Build the image of a folder; that it cannot be built is a problem of the Dockerfile."""
        status, said = self._run(context)
        if not status:
            digest = self.digest()
            return Image(digest, f"built by {self.program.name} {self.program.version}: {digest}")
        problem = Problem(
            f"the image does not build: {said.rpartition(' | ')[2][:300]}",
            Location(NAME),
            fix=f"build the bundle's folder with {self.program.name}, and fix what it reports",
            detail=said,
        )
        return Image("", f"not built: {self.program.name} failed", (problem,))

    def digest(self) -> str:
        """That of the last image. Raises `ToolFailedError` where the builder wrote none."""
        try:
            digest = self._answer.read_text("ascii").strip()
        except (OSError, ValueError) as error:
            raise ToolFailedError(f"{self.program.name} has written no digest") from error
        if not _DIGEST.fullmatch(digest):
            raise ToolFailedError(f"{self.program.name} has written a digest that is none")
        # Files of other users in a store could not be removed with the run's folder.
        self._start([*self._store(), *self._remove(), digest])
        return digest

    @property
    def _answer(self) -> Path:
        return self.tools.folder / "image.id"

    def _run(self, context: Path) -> tuple[int, str]:
        """The exit status of a build, and the end of what it printed."""
        with disk():
            self._answer.unlink(missing_ok=True)
        # buildah refuses the option where nothing runs in a container of its own.
        contained = self.commands or self.program.name == "docker"
        limits = ["--network", "none"] if contained and not self.network else []
        ran = self._start(
            [
                *self._store(), "build", *self._options(), *limits,
                "--file", context / NAME, "--iidfile", self._answer, context,
            ]
        )  # fmt: skip
        return ran.exit_status, ran.end(4000)

    def _store(self) -> Sequence[str | Path]:
        """Where the images are: in the run's folder, or with the user's own docker service."""
        if self.program.name == "docker":
            return ["--host", f"unix:///run/user/{os.geteuid()}/docker.sock"]
        folders = [self.tools.folder / each for each in ("images", "images-run")]
        return ["--storage-driver", "vfs", "--root", folders[0], "--runroot", folders[1]]

    def _options(self) -> Sequence[str]:
        if self.program.name == "docker":
            return ["--no-cache"]
        # In a container of its own where it runs commands; chroot needs no runtime, and runs none.
        isolation = "oci" if self.commands else "chroot"
        time = str(SOURCE_DATE_EPOCH)
        return ["--isolation", isolation, "--timestamp", time, "--layers=false", "--force-rm"]

    def _remove(self) -> Sequence[str]:
        return ["image", "rm"] if self.program.name == "docker" else ["rmi", "--force"]

    def _docker_options(self) -> str:
        ran = self._start([*self._store(), "info", "--format", "{{json .SecurityOptions}}"])
        if ran.exit_status:
            raise NotPossibleError(f"docker does not work here: {ran.end(200)}")
        return ran.stdout.decode("utf-8", "replace")

    def _start(self, arguments: Sequence[str | Path]) -> Ran:
        return self.tools.run(
            self.program, arguments, cwd=self.tools.folder, ok=range(256), subjects=1
        )
