"""Images are built by what is at hand, here a stand-in that writes down what it was asked.

It is no builder: it reads no Dockerfile, keeps no store and starts no container. So these tests
show the calls, as the manuals of buildah, podman and docker have them, and what is made of the
answers.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from gates.errors import CouldNotCheckError
from gates.settings import Policy
from gates.toolchains import image
from gates.toolchains.bundle import Bundle
from gates.toolchains.dockerfile import find_images, find_missing
from tests.passing import packed

DIGEST = "sha256:" + "ab" * 32
COPIES = "FROM scratch\nCOPY . /opt/notes/\nUSER 65532:65532\n"
RUNS = f"FROM alpine:3@sha256:{'0' * 64}\nRUN true\nUSER 65532:65532\n"
FILES = {"README.md": b"# Notes\n"}
STAND_IN = """#!{python} -I
import json, os, sys
arguments = sys.argv[1:]
if "--version" in arguments: print("stand-in version 1.2.3"); sys.exit()
with open({log!r}, "a") as log: print(json.dumps([arguments, dict(os.environ)]), file=log)
if "info" in arguments: print({info!r}); sys.exit({status})
if "build" in arguments:
    content = open(arguments[arguments.index("--file") + 1]).read()
    if ("canary" in arguments[-1]) == ({fails!r} == "canary") and {fails!r}:
        print("first line", file=sys.stderr); print("Error: no such file", file=sys.stderr)
        sys.exit(125)
    open(arguments[arguments.index("--iidfile") + 1], "w").write({digest!r})
"""


@pytest.fixture
def build(open_tools, monkeypatch, tmp_path):
    """Builds the image of a Dockerfile with stand-ins for these builders."""

    def run(
        dockerfile: str = COPIES, *builders: str, fails: str = "", digest: str = DIGEST,
        info: str = '["name=rootless"]', status: int = 0, **policy: object,
    ):  # fmt: skip
        folder, log = tmp_path / "bin", tmp_path / "log"
        folder.mkdir()
        for name in builders:
            text = STAND_IN.format(
                python=sys.executable, log=str(log), fails=fails, digest=digest, info=info,
                status=status,
            )  # fmt: skip
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        monkeypatch.setattr("sysconfig.get_path", lambda *_: str(folder))
        monkeypatch.setattr("shutil.which", lambda _: None)
        files = {**FILES, "Dockerfile": dockerfile.encode()} if dockerfile else FILES
        tools = open_tools(files)
        archive = tmp_path / "notes.tgz"
        archive.write_bytes(packed(files))
        bundle = Bundle(archive, files=dict.fromkeys(files, ""))
        found = image.build_image(tools, bundle, Policy(**policy))
        calls = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return found, calls

    return run


def test_buildah_is_asked_as_its_manual_says(build):
    found, calls = build(COPIES, "buildah", "podman", "docker")
    assert (found.digest, found.problems) == (DIGEST, ())
    assert found.said == f"built by buildah 1.2.3: {DIGEST}"
    canary, removed, real, last = (arguments for arguments, _ in calls)
    assert canary[:1] == ["--storage-driver"]
    folder = Path(real[real.index("--root") + 1]).parent
    store = [
        "--storage-driver", "vfs", "--root", f"{folder}/images", "--runroot", f"{folder}/images-run"
    ]  # fmt: skip
    assert real == [
        *store, "build", "--isolation", "chroot", "--timestamp", "1577836800", "--layers=false",
        "--force-rm", "--file", f"{folder}/image/Dockerfile",
        "--iidfile", f"{folder}/image.id", f"{folder}/image",
    ]  # fmt: skip
    assert last == removed == [*store, "rmi", "--force", DIGEST]
    assert all(env["HOME"] == f"{folder}/home" for _, env in calls)
    assert not {"DOCKER_HOST", "GATES_CATALOG"} & {name for _, env in calls for name in env}


def test_a_docker_that_is_not_roots(build):
    found, calls = build(COPIES, "docker")
    assert found.digest == DIGEST
    host = ["--host", f"unix:///run/user/{os.geteuid()}/docker.sock"]
    assert all(arguments[:2] == host for arguments, _ in calls)
    assert [arguments[2] for arguments, _ in calls] == ["info", "build", "image", "build", "image"]


def test_commands_run_in_a_container_and_never_as_root(build, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found, calls = build(RUNS, "podman", image_network=True)
    assert found.digest == DIGEST
    real = calls[2][0]
    assert real[real.index("--isolation") + 1] == "oci"
    assert "--network" not in real


def test_root_runs_no_commands(build, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    found, calls = build(RUNS, "podman", image_network=True)
    assert (found.said, calls) == (
        "not built: the Dockerfile runs commands, and this is root", [],
    )  # fmt: skip


NOT_POSSIBLE = {
    "nothing": ((), {}, "there is no buildah, podman, docker"),
    "broken": (("buildah",), {"fails": "canary"}, "buildah does not work here: .*no such file"),
    "no digest": (("buildah",), {"digest": "x"}, "buildah does not work here: .*digest"),
    "root's docker": (("docker",), {"info": "[]"}, "docker runs as root here"),
    "no service": (("docker",), {"status": 1}, "docker does not work here"),
}


@pytest.mark.parametrize("how", NOT_POSSIBLE)
@pytest.mark.parametrize("asked", ["when-possible", "required"])
def test_where_no_image_can_be_built_the_policy_decides(build, how, asked):
    builders, more, reason = NOT_POSSIBLE[how]
    if asked == "required":
        with pytest.raises(CouldNotCheckError, match=f"the policy requires .*{reason}") as error:
            build(COPIES, *builders, image=asked, **more)
        assert error.value.hint == image.HINT
        return
    found, _ = build(COPIES, *builders, image=asked, **more)
    assert not found.digest
    assert found.said.startswith("not built: ")
    assert found.problems == ()


def test_a_second_builder_takes_the_place_of_a_broken_one(build):
    found, calls = build(COPIES, "podman", "docker", info="[]")
    assert found.said.startswith("built by podman")
    assert all("docker.sock" not in " ".join(arguments) for arguments, _ in calls)


def test_a_base_image_needs_the_network(build, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found, calls = build(RUNS, "buildah")
    assert "needs alpine:3@sha256:" in found.said
    assert "build.image_network" in found.said
    assert calls == []


def test_what_does_not_build_is_a_finding(build):
    found, _ = build(COPIES, "buildah", fails="module")
    (problem,) = found.problems
    assert problem.message == "the image does not build: Error: no such file"
    assert problem.detail == "first line | Error: no such file"
    assert (found.digest, found.said) == ("", "not built: buildah failed")


def test_never_and_nothing(build):
    found, calls = build(COPIES, "buildah", image="never")
    assert (found.said, calls) == ("not built: the policy asks for none", [])


def test_without_a_dockerfile(build):
    found, calls = build("", "buildah", image="required")
    assert (found.said, calls) == ("not built: there is no Dockerfile", [])


def test_no_builder_reads_what_the_gate_does_not(build):
    with pytest.raises(CouldNotCheckError, match="check dockerfile"):
        build("# syntax=x\n" + COPIES, "buildah")


def test_images_and_sources():
    text = "FROM a AS one\nFROM --platform=x scratch\nCOPY --from=one /a /b\nCOPY --from=b:1 a b\n"
    assert find_images(text + "RUN --mount=type=bind,from=c:2 true\n") == ["a", "b:1", "c:2"]
    paths = ["README.md", "dist/index.js"]
    text = 'COPY dist *.md ./README.md /x/\nCOPY ["dist/index.js", "gone", "/x/"]\nADD dis /x\n'
    assert [str(each.location) for each in find_missing(text, paths)] == [
        "Dockerfile:2", "Dockerfile:3",
    ]  # fmt: skip
