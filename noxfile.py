"""The seven stages (`nox -s lint-manifest -- PATH`), and what keeps this repo green."""

import nox

from gates.nox import register

nox.options.sessions = ["style", "types", "tests"]
nox.options.default_venv_backend = "none"

register()


@nox.session
def style(session: nox.Session) -> None:
    """Ruff: rules and format."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, the slow ones too; arguments go to pytest."""
    session.run("pytest", "-n", "auto", "-m", "", *session.posargs)


@nox.session
def generate(session: nox.Session) -> None:
    """Write the generated pages again: docs/checks.md and docs/command-line.md."""
    session.run("python", "ci/generate.py", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Change clean modules in a thousand ways and see who notices; writes docs/mutation.md."""
    session.run("python", "-m", "tests.mutation", *(session.posargs or ["--write"]))


@nox.session
def browser(session: nox.Session) -> None:
    """Look at the HTML report in headless Chromium, which the first run installs from npm."""
    session.run("pytest", "tests/browser", *session.posargs)


@nox.session
def workflows(session: nox.Session) -> None:
    """Run the workflow by act in every way that it can end, twice with the real gates."""
    session.run("pytest", "tests/pipelines", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Build the pages of docs/ as a site, in build/site."""
    session.run("uv", "run", "--no-project", "--with", "zensical>=0.0.70",
                "zensical", "build", "--strict", "-f", "mkdocs.yml")  # fmt: skip


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Seconds and ratios against named floors; names of benchmarks are arguments."""
    session.run("python", "-m", "tests.benchmarks", *session.posargs)


@nox.session
def compare(session: nox.Session) -> None:
    """Other tools on the corpus of defects, side by side; writes docs/comparison.md."""
    session.run("python", "-m", "tests.benchmarks.compare_tools", *(session.posargs or ["--write"]))
