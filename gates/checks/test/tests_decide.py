"""Every test runs, and can fail."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import TestRun


@check(Stage.TEST)
def tests_decide(module: Module, tests: TestRun) -> Iterator[Finding]:
    """What looks like a test was run by the test runner, and can fail.

    Looked at are files under tests/, and files named like tests elsewhere. Python: pytest ran every
    function test* at their top or in a class, none returns a value, and each such file asserts
    something; nothing is run again until it passes (flaky), an expected failure is strict, no
    hook of pytest changes how a test ends, and nothing imports the package coverage. A value that a
    test returns in another way, a coroutine that it makes and nobody awaits, and an assertion that
    fails in a thread or a finalizer, fail it.
    TypeScript: the runner ran every one of them that calls `it`, `test` or `describe`; no `only`,
    no retries, no other configuration, built-in matchers or ends of tests, no handler of errors
    outside of tests, no `expect(value)` alone, no list of rows without one, and no assertion about
    a promise without `await`. A file of which every test was skipped needs a condition: one that
    no machine runs (`it.todo`, `describe.skip`, `skipIf(true)`) decides nothing. Each test
    must call `expect` (vitest, jest) or node:assert; one that does not fails, and `tests-pass`
    reports it.

    Why: a test that nobody runs, or that cannot fail, is taken for proof by whoever reads it.
    Bad: tests/integration/test_sync.py; a class SumCase with test methods; `return total == 3`
    Good: tests/e2e/test_sync.py; a class TestSum without __init__; `assert total == 3`
    Fix: put it where the runner looks, by the name that it looks for; or give it another name.
    """
    from gates.toolchains.languages import language_of

    for problem in language_of(module).find_idle_tests(module, tests):
        yield tests_decide.finding(problem.message, problem.location, fix=problem.fix)
