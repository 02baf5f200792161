"""npm's ranges: hand-picked ones, and thousands of random ones, judged by npm's own package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from gates.catalog.npm_range import NoRangeError, read_range
from tests.truth.node import SEMVER, ask
from tests.truth.tally import Tally

LARGEST = 2**53 - 1

RANGES = (
    # releases
    "1.2.3", "=1.2.3", "v1.2.3", "= 1.2.3", "=v1.2.3", " 1.2.3 ", "1.2.3+build.5", "==1.2.3",
    "01.2.3", "1.2.3.4", "1.2.3-", "1.2.3-01", "1.2.3-0", "1.2.3-a.b", "1.2.3 - ", "- 1.2.3",
    # bounds
    ">1.2.3", ">=1.2.3", "<1.2.3", "<=1.2.3", "> 1.2.3", ">= 1.2.3 < 2.0.0", ">=1.2.3 <2",
    ">=2.0.0-alpha <2", ">=2.0.0-alpha <2.0.0", "<2.0.0-0", "<2.0.0-beta", "<=2", "<=1.2", "<1.x",
    ">1", ">1.2", ">=1.x", ">1.2.3-alpha", ">=1.2.3-alpha", ">=1.2.3-alpha.1 <1.2.3",
    "<1.2.3 >2.0.0", ">=v1.2.3", ">=1.2.3 =1.2.4", "=>1.2.3", "><1.2.3", "> = 1.2.3",
    # caret
    "^1.2.3", "^1.2", "^1", "^1.x", "^1.2.x", "^0.2.3", "^0.2", "^0.0.3", "^0.0", "^0", "^0.0.0",
    "^1.2.3-beta.2", "^0.2.3-beta", "^0.0.3-beta", "^ 1.2.3", "^v1.2.3", "^=1.2.3", "^*", "^x.1",
    "^1.2.3 ^1.3.0", "^1.2.3 || ^2.0.0", "^>1.2.3", "^1.2.3+b",
    # tilde
    "~1.2.3", "~1.2", "~1", "~0.2.3", "~0", "~2.0.1", "~1.2.3-beta.2", "~> 1.2.3", "~>1.2",
    "~ 1.2.3", "~*", "~>=1.2.3", "~1.2.3 <1.2.9", "~0.2.2-a",
    # wildcards
    "*", "", "x", "X", "1.x", "1.2.x", "1.*", "1.2.*", "x.x.x", "1.x.x", "1.x.3", "x.1", ">*", "<*",
    ">=*", "<=x", "1.2.3*", "*1.2.3", "1.2.x-alpha", "= 1.x", "latest", "1.2.3 x",
    # hyphens
    "1.2.3 - 2.3.4", "1.2 - 2.3.4", "1.2.3 - 2.3", "1.2.3 - 2", "1 - 2", "* - 2", "1 - *",
    "1.2.3-alpha - 2.0.0-beta", "1.2.3 -2.0.0", "1.2.3- 2.0.0", "v1.2.3 - v2.0.0", "=1.2.3 - 2.0.0",
    "1.2.3 - 2.3.4 || 5", "1.0.0 - 2.0.0 <1.5.0",
    # alternatives
    "1.2.3 || 2.0.0", "1||2", "|| 1", "1 ||", "||", "x || ~0.2.2-a", ">=0.0.0 || 1.2.3-alpha",
    "1.2.3-alpha || *", "<0.0.0-0 || 1.2.3", ">x || <x", "1 | 2", "1 ||| 2", "a || 1",
    # large and long
    f"{LARGEST}.0.0", f">={LARGEST}.0.0", f"^{LARGEST}.0.0", f"{LARGEST + 1}.0.0",
    f"~1.{LARGEST}.0", f"~1.{LARGEST - 1}.0", f"<=1.2.{LARGEST}", f"1.2.3-{LARGEST + 2}",
    " || ".join(f"1.2.{n}" for n in range(60)), "1.2.3-" + "a" * 250, "1.2.3-" + "a" * 251,
    "1.2.3" + " " * 300, ">=1.0.0 " * 50,
)  # fmt: skip
VERSIONS = (
    "0.0.0", "0.0.0-0", "0.0.3", "0.0.3-beta", "0.0.3-rc", "0.0.4", "0.0.4-0", "0.2.2-a", "0.2.2-b",
    "0.2.2", "0.2.3", "0.2.3-beta", "0.2.9", "0.3.0", "0.3.0-0", "1.0.0", "1.0.0-rc.1", "1.2.0",
    "1.2.0-0", "1.2.2", "1.2.3", "1.2.3+other", "1.2.3-0", "1.2.3-a.b", "1.2.3-alpha",
    "1.2.3-alpha.1", "1.2.3-beta", "1.2.3-beta.2", "1.2.3-beta.10", "1.2.4-beta.2", "1.2.4",
    "1.2.9", "1.3.0", "1.3.0-0", "1.9.9", "2.0.0", "2.0.0-0", "2.0.0-alpha", "2.0.0-beta",
    "2.0.0-alpha.1", "2.0.1", "2.2.1-a", "2.3.3", "2.3.4", "2.3.5", "2.4.0-0", "3.0.0", "5.1.0",
    f"{LARGEST}.0.0", f"{LARGEST + 1}.0.0", f"1.{LARGEST}.5", f"1.2.3-{LARGEST + 2}",
    "1.2.3-" + "a" * 250, "10.0.0",
)  # fmt: skip

Case = tuple[str, tuple[str, ...]]


def picked() -> Iterator[Case]:
    """Each hand-picked range with all versions."""
    return ((each, VERSIONS) for each in RANGES)


def differences(cases: Iterable[Case]) -> tuple[int, list[tuple[str, str | None]]]:
    """The number of judgements, and where the gate's is another than npm's: the range and the
    version, or None where one of them finds that the range is none."""
    listed = list(cases)
    answers = ask(
        f"""cases => {{
            const semver = require({str(SEMVER)!r});
            return cases.map(([range, versions]) => [semver.validRange(range) !== null,
                versions.map(each => semver.satisfies(each, range))]);
        }}""",
        listed,
    )
    judged = 0
    found: list[tuple[str, str | None]] = []
    for (text, versions), (is_range, accepted) in zip(listed, answers, strict=True):
        try:
            range_ = read_range(text)
        except NoRangeError:
            range_ = None
        judged += 1 + len(versions)
        if (range_ is not None) is not is_range:
            found.append((text, None))
            continue
        found += [
            (text, version)
            for version, wanted in zip(versions, accepted, strict=True)
            if (range_ is not None and range_.accepts(version)) is not wanted
        ]
    return judged, found


def random_case(r: Random) -> Case:
    """A range, more often one than not, and versions in and around it."""
    text = r.choice(["||", " || ", "|| "]).join(_alternative(r) for _ in range(r.choice((1, 1, 2))))
    if r.random() < 0.08:
        at = r.randrange(len(text) + 1)
        text = text[:at] + r.choice(" *x-+.v=<>~^|0") + text[at + r.choice((0, 1)) :]
    near = [f"{_number(r)}.{_number(r)}.{_number(r)}" for _ in range(4)]
    return text, tuple(near + [f"{each}-{_tail(r)}" for each in near])


def _number(r: Random) -> str:
    if r.random() < 0.05:
        return str(r.choice((LARGEST - 1, LARGEST, LARGEST + 1, 10**17)))
    return str(r.choice((0, 0, 1, 1, 2, 2, 3, 10)))


def _tail(r: Random) -> str:
    words = ("0", "1", "2", "a", "alpha", "a-b", "-", "10", "rc", "x", "X")
    return ".".join(r.choice(words) for _ in range(r.randint(1, 2)))


def _part(r: Random) -> str:
    count = r.choice((1, 2, 3, 3, 3, 3))
    wild = 0.1 if r.random() < 0.5 else 0
    text = ".".join(r.choice("xX*") if r.random() < wild else _number(r) for _ in range(count))
    text += f"-{_tail(r)}" if count == 3 and r.random() < 0.3 else ""
    return r.choice(("", "", "", "", "", "v", "=", "v=", "v ")) + text


def _alternative(r: Random) -> str:
    if r.random() < 0.12:
        return f"{_part(r)} - {_part(r)}"
    operators = ("", "", "^", "~", "~>", ">", "<", ">=", "<=", "=", ">", "<", "~", "^")
    simple = (
        r.choice(operators) + r.choice(("", "", "", " ", "  ", "\t")) + _part(r)
        for _ in range(r.choice((1, 1, 1, 2, 2, 3)))
    )
    return " ".join(simple)


def tally() -> Tally:
    """Over the hand-picked ranges and 4,000 random ones."""
    r = Random(2053)
    judged, wrong = differences([*picked(), *(random_case(r) for _ in range(4000))])
    return Tally(
        "npm ranges", judged, judged - len(wrong), len(wrong), 0,
        f"{len(RANGES)} picked ranges and 4,000 random ones, judged by npm's own semver",
    )  # fmt: skip
