"""Every package is locked, with its digest."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Location, RanRecord, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def dependencies_locked(module: Module, tools: Tools) -> Iterator[Finding]:
    """All packages that the module runs with are in its lock file, each with a digest.

    Python: requirements.lock with `name==version --hash=sha256:...` lines and nothing else.
    TypeScript: package-lock.json, or that of the platform's workspace, with an integrity for
    each package; none from git, a folder or an address.

    Why: without it, two builds of one version are two products, and no advisory can be matched.
    Bad: a requirements.lock with `requests>=2` or `--index-url ...`
    Good: `requests==2.32.5 --hash=sha256:...`
    Fix: `uv pip compile --universal --generate-hashes pyproject.toml -o requirements.lock`, or
    `npm install --package-lock-only`.
    """
    from gates.toolchains import npm_packages, python
    from gates.toolchains.locks import NPM_LOCK, PYTHON_LOCK, LockError
    from gates.toolchains.vulnerabilities import read_lock

    if module.language is None:
        raise CouldNotCheckError("the entrypoint is neither Python nor TypeScript")
    is_python = module.language == "python"
    path = PYTHON_LOCK if is_python else NPM_LOCK
    hint = python.LOCK_HINT if is_python else npm_packages.LOCK_HINT
    if is_python and path not in module.files:
        tools.records.append(RanRecord("lock-file", subjects=1))
        yield dependencies_locked.finding(f"there is no {path}", path, fix=f"run {hint}")
        return
    try:
        packages, _ = read_lock(tools.session)
        tools.records.append(RanRecord("lock-file", subjects=len(packages)))
    except LockError as error:
        tools.records.append(RanRecord("lock-file", subjects=1))
        own = path in module.files
        yield dependencies_locked.finding(
            f"{path}: {error.message}",
            Location(path, error.line) if own else Location("package.json"),
            fix=f"run {hint}",
        )
    except npm_packages.NoLockError as error:
        tools.records.append(RanRecord("lock-file", subjects=1))
        yield dependencies_locked.finding(error.message, "package.json", fix=f"run {hint}")
