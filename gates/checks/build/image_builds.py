"""The image of the Dockerfile is built from the bundle, where a builder is at hand."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, RanRecord, Stage
from gates.settings import Policy
from gates.toolchains import Bundle, Tools


@check(Stage.BUILD)
def image_builds(bundle: Bundle, tools: Tools, policy: Policy) -> Iterator[Finding]:
    """The image of the Dockerfile is built from the bundle, where a builder is at hand.

    What COPY names is in the bundle. buildah, podman or a docker that is not root's builds the
    image, after it has shown that it works by another: without network unless the policy allows it
    (`build.image_network`), commands of the Dockerfile in a container and never as root. The record
    `image` of this check holds the digest, or why there is none; where the policy requires it
    (`build.image`), that is inconclusive. A module without a Dockerfile has no image. buildah and
    podman give one bundle one digest; docker writes the time of the build into the image.

    Why: a Dockerfile that copies what is not there is found when the module is to be started.
    Bad: COPY src/ /opt/axon/modules/notes/, while bundles hold no sources
    Good: COPY . /opt/axon/modules/notes/
    Fix: copy what the bundle holds, and try it with buildah in the folder of an unpacked bundle.
    """
    from gates.toolchains.image import build_image

    image = build_image(tools, bundle, policy)
    for problem in image.problems:
        yield image_builds.finding(
            problem.message, problem.location, fix=problem.fix, detail=problem.detail
        )
    built = 1 if image.digest else 0
    tools.records.append(RanRecord("image", "", 0, built, 0.0, image.said))
