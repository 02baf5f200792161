"""CHECK rules as ordinary schemas have them, each in a table of its own, by kind.

Most are written from memory of how public schemas word such rules (issue trackers, forums, shops,
mail, metering, the sample databases that everybody knows), and of the columns that a tenant
platform has. Each value is what stands between the parentheses of CREATE TABLE, after tenant_id and
id; rows of two tenants have to fit.
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
OTHERS = {
    "a position or not yet one": "place integer NOT NULL CHECK (place = -1 OR place > 0)",
    "a group and its head": "group_id uuid, label text, head boolean NOT NULL, CHECK ((group_id "
    "IS NULL AND label IS NULL AND head = false) OR (group_id IS NOT NULL AND label IS NOT "
    "NULL) OR (head = true AND label IS NOT NULL))",
    "a list where it has one": "keyed boolean NOT NULL DEFAULT true, names text, CHECK ((NOT "
    "keyed) OR ((names IS NOT NULL) AND (length(TRIM(BOTH FROM names)) > 0)))",
    "a document in a text": "body text NOT NULL CHECK (octet_length(body) <= 4194304), CHECK "
    "((jsonb_typeof(body::jsonb) = 'object') IS TRUE), CHECK ((jsonb_typeof(body::jsonb -> "
    "'payload') = 'object') IS TRUE), CHECK ((body::jsonb ->> 'kind' = 'source') IS TRUE)",
    "a document that repeats a column": "name text NOT NULL, doc jsonb NOT NULL, CHECK ((doc "
    "->> 'name' = name) IS TRUE)",
    "a document that repeats a number": "rev bigint NOT NULL CHECK (rev > 0), doc jsonb NOT "
    "NULL, CHECK (((doc ->> 'rev')::bigint = rev) IS TRUE)",
    "a document with a digest and a list": "v text NOT NULL CHECK (v = 'rules/v1'), d text NOT "
    "NULL CHECK (d ~ '^sha256:[0-9a-f]{64}$'), doc jsonb NOT NULL, CHECK "
    "(octet_length(doc::text) BETWEEN 1 AND 262144), CHECK ((doc ->> 'version' = v) IS "
    "TRUE), CHECK ((doc ->> 'digest' = d) IS TRUE), CHECK ((jsonb_array_length(doc -> "
    "'rules') BETWEEN 1 AND 128) IS TRUE)",
    "trimmed and of a length": "action text NOT NULL CHECK (action = btrim(action) AND "
    "char_length(action) >= 1 AND char_length(action) <= 200)",
    "two that differ by digest": "a text NOT NULL CHECK (a ~ '^[0-9a-f]{64}$'), b text NOT NULL "
    "CHECK (b ~ '^[0-9a-f]{64}$'), CHECK (a <> b)",
    "who and when it was reviewed": "state text NOT NULL CHECK (state IN ('SENT', 'GRANTED', "
    "'REFUSED')), by_id uuid, at timestamptz, CHECK ((state = ANY (ARRAY['GRANTED', "
    "'REFUSED'])) = (by_id IS NOT NULL) AND (by_id IS NULL) = (at IS NULL))",
    "a release name": "rel text NOT NULL CHECK (rel ~ "
    r"'^odoo-[0-9]{4}\.[0-9]{2}\.[0-9]{2}-[a-f0-9]{7,64}$')",
    "an etag": "etag text NOT NULL CHECK (etag ~ '^\"[0-9a-f]{16}\"$')",
    "an answer that was kept": "status integer NOT NULL, body jsonb NOT NULL, CHECK (status IN "
    "(200, 201) AND jsonb_typeof(body) = 'object')",
    "status between two": "status smallint, CHECK ((status >= 0) AND (status <= 1))",
    "in one of two places": "asset bigint, part bigint, CHECK ((asset IS NOT NULL AND part IS "
    "NULL) OR (asset IS NULL AND part IS NOT NULL))",
    "before it was reduced": "price numeric(10,2) NOT NULL CHECK (price >= (0)::numeric), was "
    "numeric(10,2), CHECK (was IS NULL OR was >= price)",
    "six numbers or none": "a smallint, b smallint, tz text, CHECK (num_nonnulls(a, b, tz) = "
    "ANY (ARRAY[0, 3])), CHECK (a >= 0 AND a <= 23), CHECK (b >= 0 AND b <= 23), CHECK (tz "
    "IS NULL OR length(tz) BETWEEN 1 AND 64)",
    "a repository's name": "name varchar(255) NOT NULL, lower_name varchar(255) NOT NULL, CHECK "
    "(lower_name::text = lower(name::text) AND length(name::text) <= 100 AND name::text ~ "
    r"'^[A-Za-z0-9][A-Za-z0-9._-]*$' AND lower(name::text) !~ '\.(git|wiki|docs)$' AND "
    "lower(name::text) <> ALL (ARRAY['agent'::text, 'issues'::text, 'pulls'::text]))",
    "a depth, minus one for all": "depth integer NOT NULL DEFAULT '-1'::integer CHECK (depth >= "
    "'-1'::integer)",
    "a choice among cast texts": "mode varchar(16) NOT NULL, CHECK ((mode)::text = ANY "
    "((ARRAY['serial'::character varying, 'parallel'::character varying])::text[]))",
    "a choice among texts cast one by one": "mode varchar(50) NOT NULL, CHECK ((mode)::text = "
    "ANY (ARRAY[('onsite'::character varying)::text, ('remote'::character varying)::text]))",
    "fifteen answers": "answers smallint[] NOT NULL CHECK (array_length(answers, 1) = 15), "
    "scores smallint[] NOT NULL CHECK (array_length(scores, 1) = 5), total smallint NOT NULL "
    "CHECK (total BETWEEN 0 AND 45)",
    "ten to sixty words": "words text[] NOT NULL CHECK (array_length(words, 1) BETWEEN 10 AND 60)",
    "addresses": "to_all citext[] NOT NULL CHECK (array_length(to_all, 1) >= 1)",
    "four options": "options text[] NOT NULL CHECK (array_length(options, 1) = 4), url text "
    "CHECK (url ~ "
    r"'^[a-z](?:[-a-z0-9\+\.])*:(?:\/\/(?:(?:%[0-9a-f][0-9a-f]|[-a-z0-9\._~!\$"
    r"&''\(\)\*\+,;=:@])|[\/\?])*)?'::text)",
    "at most one": "a bigint, b bigint, c bigint, CHECK (num_nonnulls(a, b, c) <= 1)",
    "exactly one of six": "a bigint, b bigint, c bigint, d bigint, e bigint, f bigint, CHECK "
    "((a IS NOT NULL)::integer + (b IS NOT NULL)::integer + (c IS NOT NULL)::integer + (d IS "
    "NOT NULL)::integer + (e IS NOT NULL)::integer + (f IS NOT NULL)::integer = 1)",
    "why it was refused": "status text NOT NULL, reason text, CHECK ((status = 'REFUSED' AND "
    "reason IS NOT NULL AND char_length(TRIM(reason)) >= 10) OR (status <> 'REFUSED' AND "
    "reason IS NULL))",
    "a time-ordered id as text": "ref text NOT NULL CHECK (ref ~ "
    "'^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$')",
    "an address by the standard": "email citext NOT NULL CHECK (email ~ "
    r"'^[a-zA-Z0-9.!#$%&''*+\/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-"
    r"zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$')",
    "a decimal as text": r"n text NOT NULL CHECK (n ~ '^-?[0-9]+(?:[\.][0-9]+)?$')",
    "a tax number": "code varchar(16) NOT NULL CHECK (code ~ "
    "'^[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[0-9]Z[0-9]{3}$')",
    "a licence plate": "plate varchar(7) NOT NULL UNIQUE CHECK (plate ~ "
    "'^[A-Z]{2}[0-9]{3}[A-Z]{2}$')",
    "hours as bits": "hours bit(24) NOT NULL DEFAULT B'111111111111111111111111' CHECK (hours "
    "<> B'000000000000000000000000')",
    "a year as text": "died text CHECK (died <= '2023')",
    "busy with a speed": "status varchar(126) NOT NULL, speed varchar(126), CHECK ((status = "
    "'OCCUPIED') = (speed IS NOT NULL))",
    "a number that is one": "v numeric(12,4) NOT NULL CHECK (v <> 'NaN'::numeric AND v >= 0 AND "
    "v < 'Infinity'::numeric)",
    "one target, by kind": "kind text NOT NULL CHECK (kind IN ('product', 'variant')), p uuid, "
    "q uuid, CHECK (num_nonnulls(p, q) = 1), CHECK ((kind = 'product' AND p IS NOT NULL AND "
    "q IS NULL) OR (kind = 'variant' AND q IS NOT NULL AND p IS NULL))",
    "a closed call": "state text NOT NULL CHECK (state IN ('prepared', 'running', 'done')), "
    "result text CHECK (result IS NULL OR result IN ('ok', 'failed')), tokens numeric(20,0), "
    "CHECK ((state <> 'done' AND result IS NULL) OR (state = 'done' AND result IS NOT "
    "NULL)), CHECK (tokens IS NULL OR (state = 'done' AND tokens >= 0))",
    "paid or owed": "expense uuid, account uuid, bill uuid, due date, CHECK ((expense IS NOT "
    "NULL AND account IS NOT NULL AND due IS NULL AND bill IS NULL) OR (bill IS NOT NULL AND "
    "due IS NOT NULL AND expense IS NULL AND account IS NULL))",
    "expires after creation by default": "made_at timestamptz NOT NULL DEFAULT now(), "
    "expires_at timestamptz NOT NULL DEFAULT (now() + '00:03:00'::interval), CHECK "
    "(expires_at > made_at), method text CHECK (method IS NULL OR char_length(method) <= "
    "128)",
    "a bucket's digest": "bucket bytea NOT NULL CHECK (octet_length(bucket) = 32), n integer "
    "NOT NULL CHECK (n >= 0)",
    "a bounded grid": "grid jsonb NOT NULL CHECK (jsonb_typeof(grid -> 'w') = 'number' AND "
    "(grid ->> 'w')::numeric > 0 AND (grid ->> 'h')::int BETWEEN 1 AND 12)",
    "keys and no others": "doc jsonb NOT NULL CHECK (doc - ARRAY['a', 'b'] = '{}'::jsonb AND "
    "doc ? 'a')",
    "an embedding of a length": "e vector(3), model text, CHECK ((e IS NULL) = (model IS "
    "NULL)), CHECK (model IS NULL OR model <> '')",
    "quiet hours": "from_h time, to_h time, CHECK ((from_h IS NULL) = (to_h IS NULL)), CHECK "
    "(from_h <> to_h)",
    "no overlap with itself": "span daterange NOT NULL CHECK (lower(span) < upper(span) AND "
    "lower_inc(span) AND NOT upper_inc(span))",
    "a week of the year": "wk text NOT NULL CHECK (wk ~ '^[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])$')",
    "a month as text": "m char(7) NOT NULL CHECK (m ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$')",
    "rounded to cents": "net numeric(14,4) NOT NULL, gross numeric(14,2) NOT NULL, CHECK (gross "
    "= round(net * 1.19, 2)), CHECK (net > 0)",
    "a hash of a column": "body text NOT NULL, h text NOT NULL CHECK (h = md5(body))",
    "a json path with a value": "doc jsonb NOT NULL CHECK (doc @? '$.items[*] ? (@.qty > 0)')",
    "a number of a kind": "doc jsonb NOT NULL CHECK (jsonb_path_match(doc, '$.n > 3'))",
    "ordered list": "xs int[] NOT NULL CHECK (xs[1] < xs[2] AND cardinality(xs) = 2)",
    "not in the list of names, any case": "name text NOT NULL CHECK (lower(name) <> ALL "
    "(ARRAY['root', 'admin'])), CHECK (name ~ '^[a-z][a-z0-9_]{2,31}$')",
    "one sign by kind": "kind char(1) NOT NULL CHECK (kind IN ('C', 'D')), amount numeric(12,2) "
    "NOT NULL CHECK ((kind = 'C' AND amount > 0) OR (kind = 'D' AND amount < 0))",
    "a ladder": "a numeric NOT NULL, b numeric NOT NULL, CHECK (a * 2 = b), CHECK (a BETWEEN 10 "
    "AND 20)",
    "a mac and a net": "mac macaddr NOT NULL CHECK (trunc(mac) <> "
    "'00:00:00:00:00:00'::macaddr), net inet NOT NULL CHECK (net << inet '10.0.0.0/8')",
    "a phone by country": "cc text NOT NULL CHECK (cc IN ('DE', 'FR')), phone text NOT NULL, "
    r"CHECK ((cc = 'DE' AND phone ~ '^\+49\d{6,12}$') OR (cc = 'FR' AND phone ~ "
    r"'^\+33\d{9}$'))",
    "half hours": "t time NOT NULL CHECK (extract(minute FROM t) IN (0, 30) AND extract(second "
    "FROM t) = 0)",
    "a coordinate pair as text": r"p text NOT NULL CHECK (p ~ '^-?\d{1,2}\.\d+,-?\d{1,3}\.\d+$')",
    "a point": "p point NOT NULL CHECK (p[0] BETWEEN -180 AND 180 AND p[1] BETWEEN -90 AND 90)",
    "a search text": "q tsvector NOT NULL CHECK (length(q) > 0)",
    "a full name": "first text NOT NULL, last text NOT NULL, whole text NOT NULL CHECK (whole = "
    "first || ' ' || last)",
    "a digest of a document": "doc jsonb NOT NULL, h bytea NOT NULL CHECK (h = "
    "sha256(convert_to(doc::text, 'UTF8')))",
    "a hash of two with a length": "a text NOT NULL CHECK (length(a) >= 5), b int NOT NULL "
    "CHECK (b > 0), h text NOT NULL, CHECK (length(h) = 32), CHECK (h = md5(a || b))",
}
"""Of every kind, as schemas in public repositories combine them, with names of our own."""
FIRST = """
CREATE FUNCTION is_fine(n int) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS 'SELECT n BETWEEN 1000 AND 1010';
CREATE DOMAIN address AS text CHECK (VALUE ~ '^[a-z]+@[a-z]+[.][a-z]{2,}$' AND length(VALUE) < 50);
CREATE DOMAIN fraction AS numeric(4,3) CHECK (VALUE >= 0 AND VALUE <= 1);
"""
"""What some of the tables need."""
SHAPES: Mapping[str, str] = {**NUMBERS, **TEXTS, **TIMES, **LISTS, **TOGETHER, **OTHERS}
