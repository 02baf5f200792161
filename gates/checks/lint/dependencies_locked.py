"""Every package is locked, with its digest."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Location, RanRecord, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def dependencies_locked(module: Module, tools: Tools) -> Iterator[Finding]:
    """All packages that the module runs with are in its lock file, each with a digest.

    Python: requirements.lock with `name==version --hash=sha256:...` lines and nothing else.
    TypeScript: package-lock.json, or that of the platform's workspace, with an integrity for
    each package; none from git, a folder, or another address than a registry's for just this name
    and version. The lock holds what package.json or pyproject.toml asks for. What is installed
    from the lock is compared with it: name, version and digest of each package, and none that is
    not listed, bundled packages included.

    Why: without it, two builds of one version are two products, and no advisory can be matched.
    Bad: a requirements.lock with `requests>=2` or `--index-url ...`; a package-lock.json that gives
        one package the archive of another, or leaves out what a package bundles; a package that
        was added to package.json alone
    Good: `requests==2.32.5 --hash=sha256:...`
    Fix: `uv pip compile --universal --generate-hashes pyproject.toml -o requirements.lock`, or
    `npm install --package-lock-only`.
    """
    from gates.toolchains.languages import language_of
    from gates.toolchains.locks import LockError, NoLockError, OutdatedLockError, TreeError

    language = language_of(module)
    path, fix = language.lock_file, f"run {language.lock_command}"
    supplied = tools.session.policy.python_packages or tools.session.policy.npm_workspace
    if not supplied:
        fix += (
            "; for a package of the platform, gates-policy.toml in a folder above the module has to"
            " say where it is ([python] packages, [typescript] workspace), and none does"
        )
    subjects = 1
    try:
        subjects = len(language.read_lock(tools.session))
        language.install_packages(tools)
    except LockError as error:
        own = path in module.files
        yield dependencies_locked.finding(
            f"{path}: {error.message}",
            Location(path, error.line) if own else Location(language.project_file),
            fix=fix,
            repaired=own and language.can_write_lock(tools.session),
        )
    except OutdatedLockError as error:
        yield dependencies_locked.finding(
            error.sentence,
            Location(path, error.line) if path in module.files else Location(language.project_file),
            fix=fix,
            detail="\n".join(error.reasons),
            repaired=path in module.files
            and bool(supplied)
            and language.can_write_lock(tools.session),
        )
    except NoLockError as error:
        yield dependencies_locked.finding(
            error.message,
            error.path,
            fix=fix,
            repaired=error.path == path and language.can_write_lock(tools.session),
        )
    except TreeError as error:
        yield dependencies_locked.finding(f"{path}: {error.message}", Location(path), fix=fix)
    tools.records.append(RanRecord("lock-file", subjects=subjects))
