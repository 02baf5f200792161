"""Policies that open for some rows alone, and right ones that look like them."""

from __future__ import annotations

from tests.database.corpus.shape import table
from tests.database.hostile.policies import ISOLATION, using
from tests.database.hostile.shape import MINE, OWN, Hostile, P, T, function

READS, ADDS = "of one tenant reads", "of one tenant adds"
SHARED = table("shared", "note_id bigint, code text,")
GROUPS = SHARED + table("groups", "shared_id bigint, name text,")


def column(definition: str) -> str:
    return f"ALTER TABLE {T} ADD COLUMN IF NOT EXISTS {definition};\n"


def policy(rest: str) -> str:
    """A second policy beside the standard's."""
    return f"DROP POLICY IF EXISTS more ON {T}; CREATE POLICY more ON {T} {rest};\n"


def decides(name: str, arguments: str, expression: str) -> str:
    """A function of the module that a policy may call."""
    return (
        f"CREATE OR REPLACE FUNCTION sample_module_{name}({arguments}) RETURNS boolean LANGUAGE sql"
        f" STABLE SET search_path = '' AS $f$ SELECT {expression} $f$;"
        f" GRANT EXECUTE ON FUNCTION sample_module_{name} TO tenant_app_role;\n"
    )


STATUS = column("status text NOT NULL DEFAULT 'draft'")
PUBLIC = column("is_public boolean NOT NULL DEFAULT false")
TAGS = column("tags text[] NOT NULL DEFAULT '{}'")
DOC = column("doc jsonb NOT NULL DEFAULT '{}'")
DAY = column("day date")


def opens(name: str, wants: str, condition: str, head: str = "", says: str = READS) -> Hostile:
    """The policy of the standard with one more branch."""
    return Hostile(name, wants, ISOLATION, says, using(f"{OWN} OR {condition}", head))


CONDITIONS = (
    opens("opens-for-a-title", "reads notes of one title", "title = 'public'"),
    opens("opens-for-states", "reads what is published", "status IN ('published', 'archived')",
          STATUS),
    opens("opens-for-old-rows", "reads what is old", "created_at < '2020-01-01'"),
    opens("opens-for-shared-rows", "reads what a row of its own names",
          f"EXISTS (SELECT FROM public.{P}shared s WHERE s.note_id = {T}.id"
          f" AND s.tenant_id = {MINE})", SHARED),
    opens("opens-for-a-code", "reads what has a code of its own",
          f"EXISTS (SELECT FROM public.{P}shared s WHERE s.code = {T}.title)", SHARED),
    opens("opens-by-membership", "reads by a row of two tables",
          f"EXISTS (SELECT FROM public.{P}shared s JOIN public.{P}groups g ON g.shared_id = s.id"
          f" WHERE s.note_id = {T}.id AND g.name = 'all')", GROUPS),
    opens("opens-by-email", "reads what has its user's address",
          f"EXISTS (SELECT FROM public.profiles p WHERE p.id = auth.uid() AND p.email ="
          f" {T}.title)"),
    opens("opens-for-a-role", "reads in the role of the application",
          "(current_user = 'tenant_app_role' AND title = 'welcome')"),
    opens("opens-for-a-tag", "reads what has a tag", "'public' = ANY (tags)", TAGS),
    opens("opens-for-a-key", "reads what a document says", "doc ->> 'visibility' = 'public'", DOC),
    opens("opens-for-partners", "reads what names its tenant", f"partner = {MINE}",
          column("partner uuid")),
    opens("opens-by-a-function", "reads by a function",
          "sample_module_open(title)", decides("open", "t text", "t = 'all'")),
    opens("opens-by-a-row", "reads by a function of the row", f"sample_module_open({T})",
          decides("open", f"r public.{T}", "r.title = 'open'")),
    opens("opens-by-a-query", "reads by a query in a function", "sample_module_sees(id)",
          SHARED + decides("sees", "n bigint", f"EXISTS (SELECT FROM public.{P}shared s"
                           " WHERE s.note_id = n)")),
    Hostile("second-policy-for-a-flag", "reads what has a flag", ISOLATION, READS,
            PUBLIC + policy("FOR SELECT USING (is_public)")),
    Hostile("second-policy-changes", "changes what is open", ISOLATION, "of one tenant changes",
            STATUS + policy("FOR UPDATE USING (status = 'open') WITH CHECK (status = 'open')")),
    Hostile("second-policy-adds", "adds to another's inbox", ISOLATION, ADDS,
            STATUS + policy("FOR INSERT WITH CHECK (status = 'inbox')")),
    Hostile("restrictive-alone", "a restrictive policy is all that closes", ISOLATION, READS,
            f"ALTER POLICY tenant_isolation ON {T} USING (true) WITH CHECK (true);"
            + policy(f"AS RESTRICTIVE USING ({OWN} OR title LIKE 'shared:%')")),
)  # fmt: skip
MORE_CONDITIONS = (
    opens("opens-after-a-month", "reads what is old", "created_at < now() - interval '30 days'"),
    opens("opens-for-empty", "reads what was never changed", "updated_at IS NULL"),
    opens("opens-for-a-length", "reads what is long", "length(title) > 100"),
    opens("opens-for-a-pattern", "reads what has a number", "title ~ '^PUB-[0-9]{4}$'"),
    opens("opens-for-some", "reads one of seven", "version % 7 = 3"),
    opens("opens-for-equal-columns", "reads what is like itself", "version = length(title)"),
    opens("opens-for-a-year", "reads a year", "extract(year FROM day) = 1999", DAY),
    opens("opens-in-a-subquery", "reads what is listed",
          f"id IN (SELECT s.note_id FROM public.{P}shared s)", SHARED),
    opens("opens-for-contained", "reads what a document holds",
          """doc @> '{"share": {"all": true}}'""", DOC),
    opens("opens-for-named-tenants", "reads what lists its tenant",
          "doc -> 'tenants' ? (auth.jwt() ->> 'tenant_id')", DOC),
    opens("opens-for-the-assignee", "reads what is assigned to its user",
          "assignee = auth.uid()", column("assignee uuid")),
    opens("opens-two-functions-deep", "reads by a function of a function",
          "sample_module_outer(title)",
          decides("inner", "s text", "s = 'deep'")
          + decides("outer", "s text", "public.sample_module_inner(s)")),
    opens("opens-in-a-block", "reads by a function in PL/pgSQL",
          "sample_module_open(title)",
          function("open", "IF t LIKE 'shared-%' THEN RETURN true; END IF; RETURN false;",
                   "(t text) RETURNS boolean", "STABLE SET search_path = ''")),
    Hostile("opens-by-case", "reads high versions", ISOLATION, READS,
            using(f"CASE WHEN version >= 10 THEN true ELSE {OWN} END")),
    Hostile("opens-by-not", "reads templates", ISOLATION, READS,
            using(f"NOT (tenant_id <> {MINE} AND title <> 'template')")),
    Hostile("opens-within", "reads notes of one title", ISOLATION, READS,
            using(f"version > 0 AND ({OWN} OR title = 'public')")),
    Hostile("check-opens", "gives rows of one title away", ISOLATION, ADDS,
            f"ALTER POLICY tenant_isolation ON {T} USING ({OWN}) WITH CHECK ({OWN} OR title ="
            " 'gift');"),
    Hostile("second-policy-deletes", "deletes what is in the bin", ISOLATION,
            "of one tenant deletes", STATUS + policy("FOR DELETE USING (status = 'trash')")),
)  # fmt: skip
"""More of the same kinds, which the corpus alone tries."""

CLOSED = {
    "a-condition-more": using(f"{OWN} AND title <> 'hidden'"),
    "branches-within": using(f"{OWN} AND (title = 'public' OR version > 0)"),
    "case-on-both-sides": using(f"CASE WHEN title = 'public' THEN {OWN} ELSE {OWN} END"),
    "not-distinct": using(f"NOT (tenant_id IS DISTINCT FROM {MINE})"),
    "a-row-of-ones-own": using(
        f"{OWN} AND (version > 0 OR EXISTS (SELECT FROM public.{P}shared s WHERE s.note_id ="
        f" {T}.id))", SHARED),
    "a-function": using("sample_module_own(tenant_id)",
                        decides("own", "t uuid", f"t = {MINE}")),
    "a-second-that-is-narrower": PUBLIC + policy(f"FOR SELECT USING ({OWN} AND is_public)"),
    "a-restrictive-one": STATUS + policy("AS RESTRICTIVE FOR SELECT USING (status <> 'deleted')"),
    "a-restrictive-one-by-age": policy("AS RESTRICTIVE FOR SELECT USING"
                                       " (created_at > '2020-01-01')"),
}  # fmt: skip
"""Policies that let nothing through, though they name what those above name."""
