"""Made-up secrets of many forms, and lines that are none."""

from __future__ import annotations

import base64
import json
import random
import string

chance = random.Random(7)
WORD = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits


def some(characters: str, length: int) -> str:
    return "".join(chance.choice(characters) for _ in range(length))


def part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


TOKENS = {
    "github_pat": "github_pat_" + some(WORD, 22) + "_" + some(WORD, 59),
    "ghp": "ghp_" + some(WORD, 36),
    "gho": "gho_" + some(WORD, 36),
    "ghs": "ghs_" + some(WORD, 36),
    "ghr": "ghr_" + some(WORD, 36),
    "glpat": "glpat-" + some(WORD, 20),
    "supabase secret": "sb_secret_" + some(WORD, 22) + "_" + some(WORD, 8),
    "supabase access": "sbp_" + some(HEX, 40),
    "supabase oauth": "sbp_oauth_" + some(HEX, 40),
    "supabase service role": ".".join(
        (part({"alg": "HS256", "typ": "JWT"}), part({"role": "service_role"}), some(WORD, 43))
    ),
    "anthropic": "sk-ant-api03-" + some(WORD, 93) + "AA",
    "anthropic admin": "sk-ant-admin01-" + some(WORD, 93) + "AA",
    "openai project": "sk-proj-" + some(WORD, 74) + "T3BlbkFJ" + some(WORD, 74),
    "openai": "sk-" + some(WORD, 20) + "T3BlbkFJ" + some(WORD, 20),
    "google": "AIza" + some(WORD, 35),
    "google client": "GOCSPX-" + some(WORD, 28),
    "npm": "npm_" + some(WORD, 36),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + some(WORD, 150),
    "aws": "AKIA" + some(UPPER, 16),
    "aws temporary": "ASIA" + some(UPPER, 16),
    "stripe": "sk_live_" + some(WORD, 24),
    "stripe restricted": "rk_live_" + some(WORD, 99),
    "stripe webhook": "whsec_" + some(WORD, 32),
    "slack bot": "xoxb-"
    + some("123456789", 12)
    + "-"
    + some("123456789", 13)
    + "-"
    + some(WORD, 24),
    "sendgrid": "SG." + some(WORD, 22) + "." + some(WORD, 43),
    "telegram": some("123456789", 10) + ":AA" + some(WORD, 33),
    "digitalocean": "dop_v1_" + some(HEX, 64),
    "hugging face": "hf_" + some(string.ascii_letters, 34),
    "shopify": "shpat_" + some(HEX, 32),
    "vault": "hvs." + some(WORD, 95),
    "linear": "lin_api_" + some(WORD, 40),
    "grafana": "glsa_" + some(WORD, 32) + "_" + some(HEX, 8),
    "pulumi": "pul-" + some(HEX, 40),
    "notion": "ntn_" + some("123456789", 11) + some(WORD, 35),
    "figma": "figd_" + some(WORD, 40),
    "docker": "dckr_pat_" + some(WORD, 27),
    "groq": "gsk_" + some(WORD, 20) + "WGdyb3FY" + some(WORD, 24),
    "xai": "xai-" + some(WORD, 80),
    "redis": "redis://default:" + some(WORD, 24) + "@cache.example.net:6379/0",
    "deploy": "https://deploy:" + some(WORD, 16) + "@git.example.net/axon.git",
    "postgres": "postgresql://postgres.abc:" + some(WORD, 16) + "@db.example.net:6543/postgres",
}
PLACES = {
    "notes.md": "Use the token {} for this.\n",
    "Dockerfile": "FROM scratch\nENV VALUE={}\n",
    "migrations/000_init.sql": "-- the value is {}\nSELECT 1;\n",
    "src/values.json": '{{"value": "{}"}}\n',
}
ASSIGNED = [
    'PASSWORD = "hunter2-tr0ub4dor"',
    'password: "correcthorse"',
    "SMTP_PASSWORD=hunter-two-three",
    "ALTER ROLE app PASSWORD '" + some(WORD, 16) + "';",
    "db_password: Xk9" + some(WORD, 13),
    "JWT_SECRET=" + some(WORD, 40),
    "aws_secret_access_key = " + some(WORD, 40),
    "AccountName=axonfiles;AccountKey=" + some(WORD, 86) + "==;EndpointSuffix=core.windows.net",
    "-----BEGIN RSA PRIVATE KEY-----\n" + some(WORD, 300) + "\n-----END RSA PRIVATE KEY-----",
]
NONE = """DATABASE_URL=postgresql://postgres:postgres@localhost:5432/postgres
REDIS_URL=redis://:change-me@localhost:6379
OTHER_URL=postgresql://axon:${DB_PASSWORD}@db:5432/axon
SMTP_PASSWORD=change-me
API_KEY=your-api-key-here
JWT_SECRET=<put yours here>
SUPABASE_SECRET_KEY=sb_secret_...
GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
PUBLIC_KEY_PATH=/etc/ssl/keys/server1.pem
CACHE_KEY=tenant:module:v1
TOKEN_SECONDS=86400000
const apiKey = process.env.API_KEY;
const tokenKind = "access_token_v1";
password: z.string().min(8),
ALTER ROLE app PASSWORD 'change-me';
    private_key: x25519.X25519PrivateKey
AttributeOID.CHALLENGE_PASSWORD: "challengePassword",
_OAUTH_ACCESS_TOKEN_URL = "https://api.example.com/oauth2/v4/token?"
barrier_token = f"groupby-barrier-{token}"
output = token.close = `)$))${extglobStar}`;
MultiHostUrl('https://foo.com:123,foo:bar@bar.com/path')
headers = {"Authorization": f"Bearer {access_token_of_user}"}
Server=db;User Id=app;Password={password};
curl -H "Authorization: Bearer $ACCESS_TOKEN_OF_THE_USER" https://api.example.com
icon = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""
KEY = TOKENS["aws"]
LINE = f"é😀 the key is {KEY}."
TEXT = f"first\r\n{LINE}\nlast"
COLUMN = LINE.index(KEY) + 1
