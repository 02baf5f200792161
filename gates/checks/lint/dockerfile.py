"""The Dockerfile names what it is made of, and keeps no secret."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def dockerfile(module: Module) -> Iterator[Finding]:
    """The Dockerfile pins its images, fetches nothing, ends as no root and keeps no secret.

    Base images are scratch, an earlier stage, or named by digest and not `latest`. No ADD of an
    address, nothing fetched is run (`curl .. | sh`), the last USER is there and is not root, and no
    ARG or ENV is named like a secret. Parser directives, here-documents, ONBUILD and what is no
    instruction are errors, for they are not read. `image-builds` builds the image.

    Why: an image that changes by the day, or runs as root, is not what was reviewed.
    Bad: FROM node:latest; RUN curl https://a.example/x | sh; ENV API_TOKEN=..
    Good: FROM node:24@sha256:..; COPY . /opt/axon/modules/notes/; USER 65532:65532
    Fix: name the digest of the base image, copy files of the module, and name a user.
    """
    from gates.toolchains.dockerfile import find_problems

    for problem in find_problems(module):
        yield dockerfile.finding(problem.message, problem.location, fix=problem.fix)
