"""The built module loads, and `register()` says who it is."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import ToolFailedError
from gates.model import Finding, Location, Stage
from gates.module import Module
from gates.settings import Policy
from gates.toolchains import Bundle, Tools


@check(Stage.BUILD)
def register_answers(
    module: Module, bundle: Bundle, tools: Tools, policy: Policy
) -> Iterator[Finding]:
    """The built module is loaded, and `register()` answers with the slug of its manifest.

    It is called without arguments, in a process of its own that has no network, no secrets and
    no files but the bundle's and its packages'. It may be asynchronous. It has
    `register_timeout` seconds (10 unless the policy says less) to load and to answer.

    Why: the platform calls it at every start, for every module: one that fails, waits for a
    server or ends the process takes the others with it.
    Bad: `export function register() { connect(process.env.REDIS_URL); ... }`
    Good: `export function register() { return { slug: "alert-engine", routes, jobs }; }`
    Fix: connect and read the environment on first use, not while loading.
    """
    from gates.toolchains.registration import call_register

    entry = Location(module.entrypoint or "")
    answer = call_register(tools, bundle)
    sockets = [event for event in answer.events if event.event == "socket"]
    if sockets:
        event = next((each for each in sockets if each.address), sockets[0])
        place = next((each.location for each in (event, *sockets) if each.location), entry)
        what = f": {event.call} to {event.address}" if event.address else ""
        yield register_answers.finding(
            f"register() opens a socket{what}",
            place,
            fix="open connections on first use, not while the module loads",
        )
    if len(answer.ends) > 1:
        yield register_answers.finding(
            f"register() ends {len(answer.ends)} times: the module writes answers of its own",
            entry,
            fix="leave the file descriptors of the process alone",
        )
    end = answer.ends[0] if answer.ends else None
    where = end.location if end is not None and end.location else entry
    loading = "register()" if answer.first("loaded") else "loading the module"
    if end is None and answer.exit_status is not None:
        yield register_answers.finding(
            f"{loading} ended the process with exit status {answer.exit_status}",
            where,
            fix="throw an AxonError instead of ending the process",
        )
    elif end is None or end.event == "hung":
        yield register_answers.finding(
            f"{loading} did not end within {policy.register_timeout:g} s",
            where,
            fix="do slow work on first use, or in a job",
        )
    elif end.event == "unsettled":
        yield register_answers.finding(
            f"{loading} waits for something that never comes",
            where,
            fix="return a value, or a promise that settles",
        )
    elif end.event == "exited":
        yield register_answers.finding(
            f"{loading} ends the process (status {end.status})",
            where,
            fix="throw an AxonError instead of ending the process",
        )
    elif end.event == "no-register":
        yield register_answers.finding(
            "the entrypoint has no function register()",
            entry,
            fix="export a function named register",
        )
    elif end.event == "threw":
        if not sockets:  # what it throws once a socket is refused it would not throw elsewhere
            yield register_answers.finding(
                f"{loading} throws {end.type}: {end.message}",
                where,
                fix="make it work with nothing but the module's own packages around it",
            )
    elif end.event != "answered":
        raise ToolFailedError(f"an unknown answer: {end.event}")
    elif end.slug != module.slug:
        says = f"the slug {end.slug!r}" if end.slug is not None else f"a {end.type} without a slug"
        yield register_answers.finding(
            f"register() answers with {says}, and module.json says {module.slug!r}",
            where,
            fix=f'return an object whose slug is "{module.slug}"',
        )
