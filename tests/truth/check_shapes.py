"""CHECK rules as ordinary schemas have them, each in a table of its own, by kind.

Written from memory of how public schemas word such rules (issue trackers, forums, shops, mail,
metering, the sample databases that everybody knows), and of the columns that a tenant platform has.
Each value is what stands between the parentheses of CREATE TABLE, after tenant_id and id; rows of
two tenants have to fit.
"""

from __future__ import annotations

from collections.abc import Mapping

NUMBERS = {
    # fractions and percentages, whose scale leaves no room for an ordinary number
    "a ratio": "r numeric(5,4) NOT NULL CHECK (r >= 0 AND r <= 1)",
    "a ratio of three digits": "r numeric(3,2) NOT NULL CHECK (r > 0 AND r < 1)",
    "a rating with a default": "f numeric(3,2) NOT NULL DEFAULT 2.0 CHECK (f BETWEEN 1.0 AND 5.0)",
    "a percentage": "p numeric(5,2) NOT NULL CHECK (p BETWEEN 0 AND 100)",
    "a percentage of an int": "p integer NOT NULL CHECK (p >= 0 AND p <= 100)",
    "a probability": "p double precision NOT NULL CHECK (p >= 0.0 AND p <= 1.0)",
    "a real": "p real NOT NULL CHECK (p > 0 AND p <= 0.5)",
    "a tax rate": "rate numeric(4,3) NOT NULL DEFAULT 0.190 CHECK (rate >= 0 AND rate < 0.5)",
    "only decimals": "p numeric(4,4) NOT NULL CHECK (p >= 0.0001)",
    "a discount": "discount real NOT NULL DEFAULT 0 CHECK (discount >= 0 AND discount <= 1)",
    "an exchange rate": "rate numeric(18,8) NOT NULL CHECK (rate > 0)",
    "longitude": "lon numeric(9,6) NOT NULL CHECK (lon BETWEEN -180 AND 180)",
    "latitude": "lat double precision NOT NULL CHECK (lat >= -90 AND lat <= 90)",
    "a pair of coordinates": "lat numeric(8,6) CHECK (abs(lat) <= 90), lon numeric(9,6)"
    " CHECK (abs(lon) <= 180), CHECK ((lat IS NULL) = (lon IS NULL))",
    "narrow in the middle": "t numeric(4,1) NOT NULL CHECK (t > 36.5 AND t < 36.7)",
    # counts, amounts and orders
    "not negative": "n integer NOT NULL DEFAULT 0 CHECK (n >= 0)",
    "positive": "amount numeric(12,2) NOT NULL CHECK (amount > 0)",
    "not zero": "amount bigint NOT NULL CHECK (amount <> 0)",
    "cents": "cents bigint NOT NULL CHECK (cents > 0 AND cents < 100000000)",
    "stars": "stars smallint NOT NULL CHECK (stars IN (1, 2, 3, 4, 5))",
    "any of": "level integer NOT NULL CHECK (level = ANY (ARRAY[10, 20, 30]))",
    "a port": "port integer NOT NULL CHECK (port BETWEEN 1 AND 65535)",
    "a status code": "code integer NOT NULL CHECK (code >= 100 AND code < 600)",
    "a year": "release_year integer NOT NULL CHECK (release_year >= 1901 AND release_year <= 2155)",
    "a day of the week": "day smallint NOT NULL CHECK (day BETWEEN 0 AND 6)",
    "a month": "month smallint NOT NULL CHECK (month >= 1 AND month <= 12)",
    "an hour and a minute": "h int NOT NULL CHECK (h BETWEEN 0 AND 23), m int NOT NULL CHECK"
    " (m BETWEEN 0 AND 59 AND m % 15 = 0)",
    "a power of two": "n integer NOT NULL CHECK (n > 0 AND n & (n - 1) = 0)",
    "an even number": "n integer NOT NULL CHECK (mod(n, 2) = 0)",
    "a multiple": "n integer NOT NULL CHECK (n % 5 = 0 AND n BETWEEN 5 AND 240)",
    "one fixed value": "singleton smallint NOT NULL DEFAULT 1 CHECK (singleton = 1)",
    "rounded": "price numeric NOT NULL CHECK (price = round(price, 2) AND price >= 0)",
    "whole": "n numeric NOT NULL CHECK (n = floor(n) AND n > 0)",
    "a bit mask": "flags integer NOT NULL CHECK (flags & 1 = 1 AND flags < 64)",
    "a large number": "snowflake bigint NOT NULL CHECK (snowflake > 4194304000000)",
    "outside of a band": "n integer NOT NULL CHECK (n < -100 OR n > 100)",
    "negative or null": "debit numeric(10,2) CHECK (debit IS NULL OR debit < 0)",
    "a sum": "net numeric(12,2) NOT NULL, tax numeric(12,2) NOT NULL, gross numeric(12,2) NOT NULL,"
    " CHECK (gross = net + tax), CHECK (net >= 0 AND tax >= 0)",
    "a product": "qty int NOT NULL CHECK (qty > 0), price numeric(10,2) NOT NULL CHECK (price >="
    " 0), total numeric(12,2) NOT NULL, CHECK (total = qty * price)",
    "least and most": "lo int NOT NULL, hi int NOT NULL, CHECK (lo >= 0 AND lo < hi)",
    "within limits": "n int NOT NULL, most int NOT NULL DEFAULT 10, CHECK (n <= most AND n >= 0)",
    "used of a quota": "used bigint NOT NULL DEFAULT 0, quota bigint, CHECK (quota IS NULL OR used"
    " <= quota), CHECK (used >= 0)",
    "shares that make a whole": "a smallint NOT NULL CHECK (a > 0), b smallint NOT NULL CHECK"
    " (b > 0), CHECK (a + b = 100)",
    "money": "fee money NOT NULL CHECK (fee >= 0::money)",
}
TEXTS = {
    # not empty, and how long
    "not empty": "name text NOT NULL CHECK (name <> '')",
    "not blank": "name text NOT NULL CHECK (length(trim(name)) > 0)",
    "not longer": "name text NOT NULL CHECK (char_length(name) <= 255)",
    "not longer or null": "description text CHECK (char_length(description) <= 1024)",
    "a length between": "handle varchar(30) NOT NULL CHECK (length(handle) BETWEEN 3 AND 30)",
    "at least": "password_hash text NOT NULL CHECK (length(password_hash) >= 60)",
    "exactly": "code char(3) NOT NULL CHECK (length(code) = 3)",
    "bytes of a text": "key text NOT NULL CHECK (octet_length(key) = 44)",
    "trimmed": "name text NOT NULL CHECK (name = btrim(name) AND name <> '')",
    "lower case": "email text NOT NULL CHECK (email = lower(email))",
    "upper case": "sku varchar(20) NOT NULL CHECK (sku = upper(sku) AND sku <> '')",
    "one line": r"subject text NOT NULL CHECK (subject !~ E'[\n\r]')",
    "no blank": "login text NOT NULL CHECK (position(' ' in login) = 0 AND login <> '')",
    # lists
    "a choice": "status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'sent', 'paid'))",
    "a choice or null": "kind varchar(16) CHECK (kind IN ('credit', 'debit'))",
    "a choice by any": "state text NOT NULL CHECK (state = ANY (ARRAY['on'::text, 'off'::text]))",
    "a choice of letters": "gender char(1) NOT NULL CHECK (gender IN ('M', 'F', 'X'))",
    "a choice by pattern": "env text NOT NULL CHECK (env ~ '^(dev|staging|production)$')",
    "none of": "slug text NOT NULL CHECK (slug NOT IN ('admin', 'api') AND length(slug) > 2)",
    "a choice by case": "kind text NOT NULL CHECK (lower(kind) IN ('a', 'b'))",
    # patterns
    "a digest": "d text NOT NULL CHECK (length(d) = 64 AND d ~ '^[0-9a-f]+$')",
    "a digest by pattern": "sha text NOT NULL CHECK (sha ~ '^[0-9a-f]{40}$')",
    "a digest with algorithm": "d text NOT NULL CHECK (d ~ '^sha256:[a-f0-9]{64}$')",
    "a slug": "slug text NOT NULL CHECK (slug ~ '^[a-z0-9]+(?:-[a-z0-9]+)*$')",
    "a slug of a length": "slug text NOT NULL CHECK (slug ~ '^[a-z][a-z0-9-]*$' AND"
    " char_length(slug) BETWEEN 3 AND 63)",
    "a slug and no double dash": "slug text NOT NULL CHECK (slug ~ '^[a-z0-9-]{3,40}$' AND slug !~"
    " '--')",
    "an e-mail address": "email text NOT NULL CHECK (email ~* '^[A-Z0-9._%+-]+@[A-Z0-9.-]+"
    r"\.[A-Z]{2,}$')",
    "an e-mail address by like": "email text NOT NULL CHECK (email LIKE '%_@_%._%')",
    "an e-mail address by position": "email varchar(254) NOT NULL CHECK (position('@' in email) > 1"
    " AND email = lower(email))",
    "a case-blind address": r"email citext NOT NULL CHECK (email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$')",
    "a domain name": r"host text NOT NULL CHECK (host ~ '^([a-z0-9-]+\.)+[a-z]{2,}$')",
    "an address on the web": "url text NOT NULL CHECK (url ~ '^https?://')",
    "an address that begins": "url text NOT NULL CHECK (starts_with(url, 'https://'))",
    "an address of a length": "url text NOT NULL CHECK (url ~* '^https://' AND"
    " length(url) <= 2048)",
    "a telephone number": r"phone text NOT NULL CHECK (phone ~ '^\+[1-9]\d{1,14}$')",
    "a currency": "currency char(3) NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$')",
    "a country": "country varchar(2) NOT NULL CHECK (country = upper(country) AND"
    " length(country) = 2)",
    "a language": "locale text NOT NULL CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$')",
    "a colour": "colour text NOT NULL DEFAULT '#336699' CHECK (colour ~* '^#[0-9a-f]{6}$')",
    "a colour of either length": "colour varchar(7) NOT NULL CHECK (colour ~"
    " '^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$')",
    "a post code": "zip text NOT NULL CHECK (zip SIMILAR TO '[0-9]{5}(-[0-9]{4})?')",
    "a version": r"version_name text NOT NULL CHECK (version_name ~ '^\d+\.\d+\.\d+$')",
    "an account number": "iban text NOT NULL CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$')",
    "a number as text": "n text NOT NULL CHECK (n ~ '^[0-9]+$' AND n::int BETWEEN 1 AND 500)",
    "a time as text": "t text NOT NULL CHECK (t ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$')",
    "an identifier": "name name NOT NULL CHECK (name ~ '^[a-z_][a-z0-9_]{0,62}$')",
    "a path": "path text NOT NULL CHECK (path LIKE '/%' AND path NOT LIKE '%//%')",
    "a key with a prefix": "key text NOT NULL CHECK (key LIKE 'sk\\_%' AND length(key) >= 20)",
    "an invoice number": "no text NOT NULL CHECK (no ~ '^INV-[0-9]{4}-[0-9]{6}$')",
    "letters of any script": "name text NOT NULL CHECK (name ~ '^[[:alpha:]][[:alnum:] ._-]*$')",
    "six digits": "pin text NOT NULL CHECK (pin ~ '^[0-9]{6}$' AND pin <> '000000')",
    "a schedule": r"cron text NOT NULL CHECK (cron ~ '^(\S+\s+){4}\S+$')",
    "base64": "token text NOT NULL CHECK (token ~ '^[A-Za-z0-9+/]+={0,2}$' AND length(token) % 4 ="
    " 0)",
    "a time zone with a default": "tz text NOT NULL DEFAULT 'UTC' CHECK (now() AT TIME ZONE tz IS"
    " NOT NULL)",
    "a time zone": "tz text NOT NULL CHECK (now() AT TIME ZONE tz IS NOT NULL)",
    "a document as text": "body text NOT NULL CHECK (body::jsonb IS NOT NULL)",
    "an id as text": "ref text NOT NULL CHECK (ref::uuid IS NOT NULL)",
    "an address of the net as text": "ip text NOT NULL CHECK (ip::inet IS NOT NULL)",
    "two words": "full_name text NOT NULL CHECK (array_length(string_to_array(full_name, ' '), 1)"
    " = 2)",
    "a part of a text": "tag text NOT NULL CHECK (split_part(tag, ':', 1) IN ('k', 'v') AND"
    " split_part(tag, ':', 2) <> '')",
    "left of a text": "code text NOT NULL CHECK (left(code, 2) = 'AX' AND length(code) = 8)",
    "both columns": "first text, last text, CHECK (coalesce(first, last) IS NOT NULL)",
    "unlike each other": "source text NOT NULL, target text NOT NULL, CHECK (source <> target)",
}
TIMES = {
    "the first of a month": "m date NOT NULL CHECK (m = date_trunc('month', m)::date)",
    "the first of a month by day": "m date NOT NULL CHECK (extract(day from m) = 1)",
    "a monday": "w date NOT NULL CHECK (extract(isodow from w) = 1)",
    "a working day": "d date NOT NULL CHECK (extract(dow from d) NOT IN (0, 6))",
    "the end of a month": "d date NOT NULL CHECK (d = (date_trunc('month', d) + interval '1 month'"
    " - interval '1 day')::date)",
    "the first of a quarter": "q date NOT NULL CHECK (q = date_trunc('quarter', q)::date)",
    "the first of a year": "y date NOT NULL CHECK (y = date_trunc('year', y)::date)",
    "a whole hour": "h timestamptz NOT NULL CHECK (h = date_trunc('hour', h, 'UTC'))",
    "a whole minute": "t timestamp NOT NULL CHECK (extract(second from t) = 0)",
    "after a date": "d date NOT NULL CHECK (d > '2000-01-01')",
    "a birthday": "born date NOT NULL CHECK (born > '1900-01-01' AND born < '2020-01-01')",
    "from and until": "starts timestamptz NOT NULL, ends timestamptz, CHECK (ends > starts)",
    "from and until, both": "starts date NOT NULL, ends date NOT NULL, CHECK (starts <= ends)",
    "three in order": "a timestamptz NOT NULL, b timestamptz NOT NULL, c timestamptz NOT NULL,"
    " CHECK (a < b AND b < c)",
    "not longer than": "a timestamptz NOT NULL, b timestamptz NOT NULL, CHECK (b > a AND b - a <="
    " interval '24 hours')",
    "at least a day": "a date NOT NULL, b date NOT NULL, CHECK (b - a BETWEEN 1 AND 30)",
    "in the past": "at timestamptz NOT NULL CHECK (at <= now())",
    "in the future": "at timestamptz NOT NULL CHECK (at > now())",
    "since creation": "created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT"
    " NULL CHECK (expires_at > created_at)",
    "not before creation": "created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,"
    " CHECK (updated_at >= created_at)",
    "opening hours": "opens time NOT NULL, closes time NOT NULL, CHECK (closes > opens)",
    "office hours": "t time NOT NULL CHECK (t BETWEEN '08:00' AND '18:00')",
    "a duration": "d interval NOT NULL CHECK (d > '0'::interval AND d <= '7 days'::interval)",
    "a span": "span tstzrange NOT NULL CHECK (NOT isempty(span) AND NOT lower_inf(span))",
    "a span of days": "stay daterange NOT NULL CHECK (upper(stay) - lower(stay) >= 2)",
    "a span within": "n int4range NOT NULL CHECK (n <@ int4range(0, 100))",
    "a birthday of an adult": "born date NOT NULL CHECK (born <= CURRENT_DATE - interval"
    " '18 years')",
    "seconds since": "at bigint NOT NULL CHECK (to_timestamp(at) > '2020-01-01')",
}
LISTS = {
    "days of the week": "days smallint[] NOT NULL CHECK (days <@ ARRAY[1,2,3]::smallint[] AND"
    " cardinality(days) > 0)",
    "choices": "roles text[] NOT NULL CHECK (roles <@ ARRAY['owner', 'member']::text[])",
    "at least one choice": "channels text[] NOT NULL DEFAULT '{email}' CHECK (channels <@"
    " '{email,sms,push}' AND cardinality(channels) >= 1)",
    "some of them": "scopes text[] NOT NULL CHECK (scopes && ARRAY['read', 'write'])",
    "one of them always": "scopes text[] NOT NULL CHECK ('read' = ANY (scopes))",
    "a few": "tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 10)",
    "no null": "ids bigint[] NOT NULL CHECK (array_position(ids, NULL) IS NULL)",
    "of one dimension": "v float8[] NOT NULL CHECK (array_ndims(v) = 1 AND array_length(v, 1) = 3)",
    "numbers in range": "n int[] NOT NULL CHECK (0 < ALL (n) AND 100 >= ALL (n))",
    "an object": "data jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(data) = 'object')",
    "a list": "data jsonb NOT NULL CHECK (jsonb_typeof(data) = 'array')",
    "a list of a length": "data jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(data) = 'array' AND"
    " jsonb_array_length(data) <= 20)",
    "keys": "data jsonb NOT NULL CHECK (data ?& ARRAY['name', 'kind'])",
    "a key of a type": "data jsonb NOT NULL CHECK (jsonb_typeof(data -> 'items') = 'array')",
    "a key of two types": "data jsonb NOT NULL CHECK (jsonb_typeof(data -> 'name') = 'string' AND"
    " jsonb_typeof(data -> 'count') = 'number')",
    "a number in a document": "data jsonb NOT NULL CHECK ((data ->> 'retries')::int BETWEEN 0 AND"
    " 5)",
    "a choice in a document": "data jsonb NOT NULL CHECK (data ->> 'unit' IN ('days', 'months'))",
    "two choices in a document": "data jsonb NOT NULL CHECK (data ->> 'unit' IN ('d', 'm') AND"
    " data ->> 'mode' IN ('x', 'y'))",
    "deep in a document": "data jsonb NOT NULL CHECK (data #>> '{limits,daily}' IS NOT NULL)",
    "a part of a document": "data jsonb NOT NULL CHECK (data @> '{\"v\": 1}')",
    "a path in a document": "data jsonb NOT NULL CHECK (jsonb_path_exists(data, '$.name'))",
    "a small document": "data jsonb NOT NULL CHECK (pg_column_size(data) < 10000)",
    "an old document": "data json NOT NULL CHECK (json_typeof(data) = 'object')",
    "a key by brackets": "data jsonb NOT NULL CHECK (data['kind'] IS NOT NULL)",
    "pairs": "h hstore NOT NULL CHECK (h ? 'colour')",
    "a label path": "path ltree NOT NULL CHECK (nlevel(path) BETWEEN 1 AND 5)",
    "a vector": "v vector(3) NOT NULL CHECK (vector_norm(v) > 0)",
    "bytes of a key": "key bytea NOT NULL CHECK (length(key) IN (16, 32))",
    "a network": "net cidr NOT NULL CHECK (masklen(net) >= 24)",
    "an address of a family": "ip inet NOT NULL CHECK (family(ip) = 4 AND masklen(ip) = 32)",
}
TOGETHER = {
    "exactly one": "a bigint, b bigint, c bigint, CHECK (num_nonnulls(a, b, c) = 1)",
    "at least one": "email text, phone text, CHECK (email IS NOT NULL OR phone IS NOT NULL)",
    "one or the other": "u uuid, g uuid, CHECK ((u IS NULL) <> (g IS NULL))",
    "both or none": "a int, b text, CHECK ((a IS NULL AND b IS NULL) OR (a IS NOT NULL AND b IS NOT"
    " NULL))",
    "sum of bools": "a boolean NOT NULL, b boolean NOT NULL, CHECK (a::int + b::int = 1)",
    "a date for a status": "status text NOT NULL DEFAULT 'open' CHECK (status IN ('open',"
    " 'closed')), closed_at timestamptz, CHECK (status <> 'closed' OR closed_at IS NOT NULL)",
    "a date and a status": "status text NOT NULL CHECK (status IN ('open', 'paid', 'void')),"
    " paid_at timestamptz, CHECK ((status = 'paid') = (paid_at IS NOT NULL))",
    "a case": "kind text NOT NULL CHECK (kind IN ('fixed', 'percent')), value numeric(10,2) NOT"
    " NULL, CHECK (CASE kind WHEN 'percent' THEN value BETWEEN 0 AND 100 ELSE value > 0 END)",
    "a case of nulls": "kind text NOT NULL CHECK (kind IN ('url', 'file')), url text, file bytea,"
    " CHECK (CASE WHEN kind = 'url' THEN url ~ '^https://' AND file IS NULL ELSE file IS NOT NULL"
    " END)",
    "a flag and a reason": "blocked boolean NOT NULL DEFAULT false, reason text, CHECK (NOT blocked"
    " OR length(reason) > 3)",
    "no parent of itself": "parent_id bigint CHECK (parent_id <> id)",
    "from another": "sender uuid NOT NULL, recipient uuid NOT NULL, CHECK (sender <> recipient)",
    "in order": "a uuid NOT NULL, b uuid NOT NULL, CHECK (a < b)",
    "three of a kind": "lo numeric(5,2) NOT NULL, mid numeric(5,2) NOT NULL, hi numeric(5,2) NOT"
    " NULL, CHECK (lo <= mid AND mid <= hi), CHECK (hi <= 100)",
    "a unit and a length": "unit text NOT NULL CHECK (unit IN ('days', 'months')), n smallint NOT"
    " NULL, CHECK ((unit = 'days' AND n BETWEEN 1 AND 31) OR (unit = 'months' AND n BETWEEN 1 AND"
    " 12))",
    "a currency for an amount": "amount numeric(12,2), currency char(3), CHECK ((amount IS NULL) ="
    " (currency IS NULL)), CHECK (currency ~ '^[A-Z]{3}$')",
    "a digest for an algorithm": "alg text NOT NULL CHECK (alg IN ('md5', 'sha1')), digest text NOT"
    " NULL, CHECK ((alg = 'md5' AND digest ~ '^[0-9a-f]{32}$') OR (alg = 'sha1' AND digest ~"
    " '^[0-9a-f]{40}$'))",
    "a computed column": "net numeric(10,2) NOT NULL, vat numeric(10,2) GENERATED ALWAYS AS (net *"
    " 0.2) STORED, CHECK (vat < 100 AND net > 10)",
    "a key by digest": "code text NOT NULL, hash text GENERATED ALWAYS AS (md5(code)) STORED, CHECK"
    " (length(code) = 10), UNIQUE (tenant_id, hash)",
    "few values and a key": "day smallint NOT NULL CHECK (day BETWEEN 1 AND 7), UNIQUE (tenant_id,"
    " day)",
    "a ratio and a key": "r numeric(5,4) NOT NULL CHECK (r >= 0 AND r <= 1), UNIQUE (tenant_id, r)",
    "a pattern and a key": "code text NOT NULL UNIQUE CHECK (code ~ '^[A-Z]{3}-[0-9]{3}$')",
    "by a function of the module": "n int NOT NULL CHECK (is_fine(n))",
    "by a domain": "email address NOT NULL, share fraction NOT NULL DEFAULT 0.5",
    "many columns": "a int NOT NULL CHECK (a > 0), b int NOT NULL CHECK (b > 0), c int NOT NULL"
    " CHECK (c > 0), d int NOT NULL CHECK (d > 0), e int NOT NULL CHECK (e > 0), CHECK (a < b AND b"
    " < c AND c < d AND d < e)",
}
FIRST = """
CREATE FUNCTION is_fine(n int) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS 'SELECT n BETWEEN 1000 AND 1010';
CREATE DOMAIN address AS text CHECK (VALUE ~ '^[a-z]+@[a-z]+[.][a-z]{2,}$' AND length(VALUE) < 50);
CREATE DOMAIN fraction AS numeric(4,3) CHECK (VALUE >= 0 AND VALUE <= 1);
"""
"""What some of the tables need."""
SHAPES: Mapping[str, str] = {**NUMBERS, **TEXTS, **TIMES, **LISTS, **TOGETHER}
