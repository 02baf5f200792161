"""What register() answers is written out."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def register_written_out(module: Module) -> Iterator[Finding]:
    """What register() answers is written out: no branches, loops, calls or computed routes.

    It binds names once and returns an object, a dict or a call of a class. Slug, version, routes
    and jobs in it, and method, path, permissions, name, queue and schedule of these, are literals,
    lists and objects of literals, spreads of such lists, texts put together from constants, and
    names of the module's files that are bound once to any of these. Lists that the answer holds
    are used nowhere else. Handlers and other members may be anything.

    Why: the build stage calls register() once, in one place; a condition answers otherwise in
        another, with routes that nobody has listed, reviewed or granted.
    Bad: if (process.env.DEBUG) routes.push(debugRoute); routes: names.map(route)
    Good: routes: [...alertRoutes, ...ruleRoutes], where both are lists of literals
    Fix: write each route and job out. What a tenant may use is for its settings and permissions.
    """
    from gates.toolchains.languages import language_of

    for problem in language_of(module).find_computed_answers(module):
        yield register_written_out.finding(problem.message, problem.location, fix=problem.fix)
