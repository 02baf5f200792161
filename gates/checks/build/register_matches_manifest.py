"""What register() answers is what module.json lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Location, Stage
from gates.module import Module
from gates.toolchains import Bundle, Tools

if TYPE_CHECKING:
    from gates.toolchains.registration import Event


@check(Stage.BUILD)
def register_matches_manifest(module: Module, bundle: Bundle, tools: Tools) -> Iterator[Finding]:
    """What register() answers is what module.json lists: version, routes and jobs.

    The built module is loaded as `register-answers` loads it, and the lists that it gives the
    platform are compared with api_endpoints and jobs, both ways. So routes that are put together
    while the module loads count too, and those that the sources write and never register do not.

    Why: the platform serves what register() answers, and documents, bills and grants what
        module.json says.
    Bad: module.json lists GET /api/x/rules, and register() answers with `routes: []`
    Good: each route of `routes` has an entry in api_endpoints, and each entry a route
    Fix: register the route or job that the finding names, or correct module.json.
    """
    from gates.contract.declared.entries import entries
    from gates.toolchains.registration import call_register

    document = module.require_manifest()
    answer = call_register(tools, bundle).first("answered")
    if answer is None:
        raise CouldNotCheckError(
            "register() does not answer, so that nothing is known of its routes and jobs",
            hint="fix what the check register-answers reports",
        )
    entry = Location(module.entrypoint or "")
    if isinstance(answer.version, str) and answer.version != module.version:
        yield register_matches_manifest.finding(
            f"register() answers with the version {answer.version}, module.json says"
            f" {module.version}",
            entry,
            fix="write the same version in both",
        )
    yield from _routes(module, answer, entry)
    listed = {
        (each.text("name"), each.text("queue"), each.text("schedule")): each
        for each in entries(document, "jobs")
    }
    given = {
        (str(name), str(queue), str(schedule or "")) for name, queue, schedule in answer.jobs or ()
    }
    for job, each in listed.items():
        if job not in given:
            yield register_matches_manifest.finding(
                f"register() does not answer with the job {_job(job)}",
                each.at(),
                fix="add it to jobs in what register() returns, or remove it from module.json",
            )
    for job in sorted(given - listed.keys()):
        yield register_matches_manifest.finding(
            f"register() answers with the job {_job(job)}, which module.json does not list",
            entry,
            fix="add it to jobs in module.json",
        )


def _routes(module: Module, answer: Event, entry: Location) -> Iterator[Finding]:
    from gates.checks.lint._declared import same_path
    from gates.contract.declared.entries import entries, texts

    document = module.require_manifest()
    served: dict[tuple[str, str], tuple[str, object, list[str]]] = {}
    for method, path, authenticated, permissions in answer.routes or ():
        names = sorted(map(str, permissions)) if isinstance(permissions, list) else []
        key = str(method).upper(), same_path(str(path))
        served[key] = (f"{key[0]} {path}", authenticated, names)
    known = set()
    for each in entries(document, "api_endpoints"):
        key = each.text("method"), same_path(each.text("path"))
        known.add(key)
        if key not in served:
            yield register_matches_manifest.finding(
                f"register() does not answer with the route {key[0]} {each.text('path')}",
                each.at(),
                fix="add it to routes in what register() returns, or remove it from module.json",
            )
            continue
        name, authenticated, names = served[key]
        if isinstance(authenticated, bool) and authenticated is not each.true(
            "authenticated", default=True
        ):
            yield register_matches_manifest.finding(
                f"register() says authenticated: {str(authenticated).lower()} of {name}, and"
                " module.json the opposite",
                each.at(),
                fix="write the same in both",
            )
        given = sorted(texts(each.get("permissions")))
        if given != names:
            yield register_matches_manifest.finding(
                f"register() asks for {', '.join(names) or 'no permission'} on {name}, and"
                f" module.json lists {', '.join(given) or 'none'}",
                each.at(),
                fix="write the same permissions in both",
            )
    for key in sorted(served.keys() - known):
        yield register_matches_manifest.finding(
            f"register() answers with the route {served[key][0]}, which module.json does not list",
            entry,
            fix="add it to api_endpoints in module.json",
        )


def _job(job: tuple[str, str, str]) -> str:
    name, queue, schedule = job
    return f"{name} on {queue}" + (f" at {schedule}" if schedule else "")
