"""Rules beside the engine's own: the platform's tokens, and what the engine was measured to miss.

Each rule carries a made-up sample, which every run has to find by this rule. Pure.
"""

from __future__ import annotations

import json
import re

from gates.records import dataclass
from gates.toolchains.secrets.tokens import TOKENS


@dataclass(frozen=True)
class Rule:
    """One form of secret."""

    name: str
    """As the finding shows it."""
    pattern: str
    """For the engine: no look-around. The group is the secret."""
    sample: str
    """A line that holds one, in parts so that no scanner takes it for real: see `samples`."""
    guess: bool = False
    """The form alone says little: the value must not be a placeholder."""
    assigned: bool = False
    """It must not be the name of something else either, which code assigns."""

    @property
    def id(self) -> str:
        """The engine's name of the rule."""
        return f"gates.{self.name.lower().replace(' ', '-')}"


def _token(prefix: str, characters: str, least: int) -> str:
    return rf"(?:^|[^A-Za-z0-9_-])((?:{prefix})[{characters}]{{{least},}})"


_WORD = r"A-Za-z0-9"
_NAME = (
    r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|auth[_-]?key|signing[_-]?key|encryption[_-]?key|credential|service[_-]?role[_-]?key)"
)
_MADE_UP = "x7Kq2mVz9RtB4nWc8YpL5sHd"

RULES = (
    *(Rule(each.name, each.pattern, each.sample) for each in TOKENS),
    Rule("Supabase secret key", _token("sb_secret_", rf"{_WORD}_-", 20), f"sb_secret_|{_MADE_UP}"),
    Rule(
        "Supabase access token",
        _token(r"sbp_(?:[a-z0-9]+_)?", "0-9a-f", 32),
        "sbp_|4f8a1c6e9b2d7053a8e1f4c7b0d396a25e8f1c4b",
    ),
    Rule(
        "GitHub fine-grained token",
        _token("github_pat_", rf"{_WORD}_", 22),
        f"github_pat_|{_MADE_UP}",
    ),
    Rule("GitHub token", _token("gh[opsur]_", _WORD, 30), f"ghp_|{_MADE_UP}J6fQ3gT1uE0a"),
    Rule("Anthropic key", _token("sk-ant-", rf"{_WORD}_-", 20), f"sk-ant-|api03-{_MADE_UP}"),
    Rule(
        "OpenAI key",
        _token("sk-(?:proj|svcacct|admin)-", rf"{_WORD}_-", 20),
        f"sk-proj-|{_MADE_UP}",
    ),
    Rule("Google API key", _token("AIza", rf"{_WORD}_-", 33), f"AIza|Sy{_MADE_UP}J6fQ3gT1u"),
    Rule("Google client secret", _token("GOCSPX-", rf"{_WORD}_-", 20), f"GOCSPX-|{_MADE_UP}"),
    Rule("npm token", _token("npm_", _WORD, 30), f"npm_|{_MADE_UP}J6fQ3gT1uE0a"),
    Rule(
        "AWS access key", _token("(?:AKIA|ASIA|ABIA|ACCA)", "A-Z0-9", 16), "AKIA|J5ZQ2M7XW4RT6YBN"
    ),
    Rule("Stripe webhook secret", _token("whsec_", rf"{_WORD}+/=", 24), f"whsec_|{_MADE_UP}"),
    Rule(
        "Telegram bot token",
        r"(?:^|[^A-Za-z0-9])([0-9]{8,10}:AA[A-Za-z0-9_-]{33})",
        f"4839201756:AA|{_MADE_UP}J6fQ3gT1u",
    ),
    Rule(
        "Credentials in a URL",
        r"""[a-z][a-z0-9+.-]{1,30}://[^\s/?#:@"'<>]{0,100}:([^\s/?#@"'<>]{3,200})@[A-Za-z0-9.\[$-]""",
        f"redis://default:{_MADE_UP}|@cache.example.net:6379",
        guess=True,
    ),
    Rule(
        "Password in SQL",
        r"""(?i)\bpassword\s{1,20}e?'([^'\s]{6,200})'""",
        f"ALTER ROLE app PASSWORD '{_MADE_UP}|'",
        guess=True,
    ),
    Rule(
        "Password in a connection string",
        r"""(?i)[;"'\s](?:password|pwd)\s?=\s?([^;"'\s{}<>$]{6,200})\s?;""",
        f"Server=db.example.net;User Id=app;Password={_MADE_UP}|;",
        guess=True,
    ),
    Rule(
        "Authorization header",
        r"""(?i)authorization\\?["'`]?\s{0,4}[:=,]\s{0,4}\\?["'`]?(?:bearer|basic|token)\s{1,4}"""
        r"""([A-Za-z0-9_~.+/=-]{16,2000})""",
        f'curl -H "Authorization: Bearer {_MADE_UP}|" https://example.net',
        guess=True,
        assigned=True,
    ),
    Rule(
        "Registry credentials",
        r"""\\?"auth\\?"\s{0,4}:\s{0,4}\\?"([A-Za-z0-9+/]{20,400}={0,2})\\?\"""",
        f'{{"auths": {{"registry.example.net": {{"auth": "{_MADE_UP}|"}}}}}}',
        guess=True,
        assigned=True,
    ),
    Rule(
        "Secret in an assignment",
        rf"""(?i){_NAME}[A-Za-z0-9_.-]{{0,30}}["'`\]]{{0,2}}\s{{0,8}}(?::=|=>|={{1,3}}|:)"""
        # A long text in escapes is found by what it means.
        r"""\s{0,8}[bfru]?["'`]([^"'`\s]{8,200}|[^"'`\s\\]{201,600})["'`]""",
        f'PASSWORD = "{_MADE_UP}|"',
        guess=True,
        assigned=True,
    ),
    Rule(
        "Secret in an environment variable",
        r"""(?m)(?:^|[\s"'])[A-Z][A-Z0-9_]{0,60}"""
        r"""(?:PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|KEY|CREDENTIALS?)[A-Z0-9_]{0,30}"""
        r"""[=:][ \t]{0,4}([^\s"'`$<>{}()\[\],;#]{8,200})""",
        f"SMTP_PASSWORD={_MADE_UP}|",
        guess=True,
        assigned=True,
    ),
    Rule(
        "Secret in a setting",
        r"""(?im)^[ \t>#*/-]{0,20}[a-z0-9_.-]{0,40}"""
        r"""(?:password|passwd|passphrase|pwd|secret|token|apikey|[a-z0-9][_-]key)"""
        r"""[ \t]{0,4}[=:][ \t]{1,4}([^\s"'`$<>{}()\[\],;]{8,200})[ \t]*\r?$""",
        f"db_password: {_MADE_UP}|",
        guess=True,
        assigned=True,
    ),
)
BY_ID = {rule.id: rule for rule in RULES}

_EMPTY_WORDS = re.compile(
    r"change|replace|example|sample|placeholder|dummy|fake|your|the|here|this|insert|todo|none|null"
    r"|undefined|true|false|secret|password|passwd|pass|pwd|token|api|key|value|string|test|local"
    r"|dev|user|name|admin|root|postgres|guest|default|current|new|old|redacted|hidden|me|my|a|x"
    r"|foo|bar|baz|repo",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"[$%]?[{(<\[]|[$%][A-Za-z_]|(?:process|os|env|import|self|this|settings)\.|\*{3}|\.{3}"
)
_TO_PASSWORD = re.compile(
    r"(?i:password|passwd|passphrase|pwd)[^A-Za-z0-9_]{1,12}[\"'`]$"
    r"|(?:PASSWORD|PASSWD|PASSPHRASE|PWD)[A-Z0-9_]*=$"
)
_PART = (
    r"(?:[A-Za-z]+[0-9]{0,2}|[0-9]{1,4}"
    r"|[A-Za-z]+[0-9]{1,5}(?:[A-Z][a-z]{2,12}){1,4}|[a-z]{1,8}[0-9]{3,5}(?=\.))"  # of a cipher
)
_NAME_OF_SOMETHING = re.compile(
    rf"(?:[a-z]{{2,10}}://|[?!@#.~/_<>])?{_PART}(?:[][./:_,=@-]{{1,2}}{_PART})*[])?]?"
)
_FILLED_IN = re.compile(r"[$#]?\{[^{}]{1,80}\}")
"""What a template puts something else in the place of."""
_MORE_HOSTS = re.compile(r"[0-9]{1,5},(?:[^,:]{0,80}:[0-9]{1,5},){0,9}[^,:]{0,80}:")
"""What stands between the first host of a URL with several and the password."""
_ENGINE_GUESSES = {"betterleaks.generic-credential-uri"}
"""The engine's rules that know a secret by its place alone."""


def accepts(rule: str, value: str, before: str) -> bool:
    """Whether what a rule (by its id) found may be a secret; `before` is its line up to it."""
    own = BY_ID.get(rule)
    if own is None:
        return rule not in _ENGINE_GUESSES or not is_placeholder(value)
    if not own.guess:
        return len(set(value[-12:])) > 2
    if is_placeholder(value) or _says_its_name(value, before):
        return False
    return not own.assigned or not is_name(value) or bool(_TO_PASSWORD.search(before))


def is_placeholder(value: str) -> bool:
    """Whether a value stands for a secret rather than being one.

    A reference, words that say "put yours here", or one character again and again.
    """
    value = _MORE_HOSTS.sub("", value)
    if _REFERENCE.match(value) or len(set(value)) < 4:
        return True
    rest, filled = _FILLED_IN.subn("", value)
    return len(re.sub(r"\W+|_+" if filled else r"[-_.]+", "", _EMPTY_WORDS.sub("", rest))) < 4


def _says_its_name(value: str, before: str) -> bool:
    """Whether a value is the name that it is given to, in another spelling."""
    if not re.fullmatch("[A-Za-z]+(?:[-_.][A-Za-z]+)*", value):
        return False
    letters = [re.sub("[^a-z]", "", each.lower()) for each in (value, before)]
    return letters[1].endswith(letters[0])


def is_name(value: str) -> bool:
    """Whether a value reads as the name of something: words, and numbers at their ends."""
    return _NAME_OF_SOMETHING.fullmatch(_FILLED_IN.sub("x", value)) is not None


def rules_file() -> bytes:
    """The rules as the engine reads them: YAML, of which JSON is a part."""
    rules = [
        {"name": rule.name, "id": rule.id, "pattern": rule.pattern, "min_entropy": 0.0,
         "confidence": "high"}
        for rule in RULES
    ]  # fmt: skip
    return json.dumps({"rules": rules}).encode()


def samples() -> list[str]:
    """A line for each rule, in their order."""
    return [rule.sample.replace("|", "") for rule in RULES]
