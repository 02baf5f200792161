-- Every row of organization_modules gets its outcome: first what cannot be moved, by the first
-- reason that holds, then of each module of an organisation one row, into which others are merged.
WITH read AS (
    SELECT o.id, o.organization_id, gates_move.slug(o.module_slug) AS slug,
        lower(btrim(o.status)) AS status, o.activated_at, o.updated_at, o.module_version,
        EXISTS (SELECT FROM public.organizations AS g WHERE g.id = o.organization_id) AS known,
        to_jsonb(o) AS old_row
    FROM public.organization_modules AS o
), judged AS (
    SELECT r.*, f.version AS offered,
        CASE
            WHEN r.organization_id IS NULL THEN 'no organisation'
            WHEN NOT r.known THEN 'organisation is gone'
            WHEN r.slug IS NULL THEN 'no module'
            WHEN r.status IS NULL AND r.activated_at IS NULL THEN 'no status, never used'
            WHEN r.status IS NOT NULL AND r.status NOT IN
                ('active', 'implemented', 'discovered', 'missing', 'orphaned', 'archived')
                THEN 'unknown status'
            WHEN r.status = 'discovered' THEN 'only discovered'
            WHEN r.status = 'orphaned' THEN 'orphaned'
            WHEN f.version IS NULL AND d.slug IS NOT NULL THEN 'left the disk'
            WHEN f.version IS NULL THEN 'not released'
        END AS refused,
        CASE coalesce(r.status, '')
            WHEN 'active' THEN 'ENABLED'
            WHEN 'implemented' THEN 'DISABLED'
            WHEN 'missing' THEN 'SUSPENDED'
            WHEN '' THEN 'SUSPENDED'
            WHEN 'archived' THEN 'ARCHIVED'
        END AS state,
        coalesce((SELECT v.version FROM public.core_module_versions AS v
            WHERE v.slug = r.slug AND v.version = r.module_version
                AND v.status NOT IN ('PLANNED', 'IN_DEVELOPMENT', 'RETIRED')), f.version) AS becomes
    FROM read AS r
        LEFT JOIN gates_move.offered AS f ON f.slug = r.slug
        LEFT JOIN gates_move.off_disk AS d ON d.slug = r.slug
), chosen AS (
    SELECT j.*, CASE WHEN j.refused IS NULL THEN first_value(j.id) OVER (
            PARTITION BY j.refused IS NULL, j.organization_id, j.slug
            ORDER BY array_position(ARRAY['ENABLED', 'DISABLED', 'SUSPENDED', 'ARCHIVED'], j.state),
                j.updated_at DESC NULLS LAST, j.id)
        END AS winner
    FROM judged AS j
)
INSERT INTO gates_move.accounts (old_table, old_id, outcome, reason, merged_into, tenant_id,
    module_slug, state, version_from, version_to, old_row)
SELECT 'organization_modules', c.id::text,
    CASE WHEN c.refused IS NOT NULL THEN 'set-aside' WHEN c.winner = c.id THEN 'moved'
        ELSE 'merged' END,
    CASE WHEN c.refused IS NOT NULL THEN c.refused
        WHEN c.winner <> c.id THEN 'duplicate'
        WHEN c.status IS NULL THEN 'no status, but used'
        ELSE c.status END,
    CASE WHEN c.refused IS NULL AND c.winner <> c.id THEN c.winner::text END,
    c.organization_id, c.slug,
    CASE WHEN c.refused IS NULL AND c.winner = c.id THEN c.state END,
    left(c.module_version, 255),
    CASE WHEN c.refused IS NULL AND c.winner = c.id THEN c.becomes END,
    CASE WHEN c.refused IS NOT NULL OR c.winner <> c.id THEN c.old_row END
FROM chosen AS c;
-- What was just written has no statistics: without them each later join may read it once a row.
ANALYZE gates_move.accounts;

INSERT INTO gates_move.accounts (old_table, old_id, outcome, reason, merged_into, module_slug)
SELECT 'module_definitions', d.id::text,
    CASE WHEN d.slug IS NULL OR m.slug IS NULL THEN 'set-aside'
        WHEN d.winner = d.id THEN 'moved' ELSE 'merged' END,
    CASE WHEN d.slug IS NULL THEN 'no module'
        WHEN m.slug IS NULL AND NOT coalesce(d.exists_on_disk, false) THEN 'left the disk'
        WHEN m.slug IS NULL THEN 'not released'
        WHEN d.winner = d.id THEN 'in the catalog' ELSE 'duplicate' END,
    CASE WHEN m.slug IS NOT NULL AND d.winner <> d.id THEN d.winner::text END, d.slug
FROM (
    SELECT o.id, o.exists_on_disk, gates_move.slug(o.slug) AS slug,
        first_value(o.id) OVER (PARTITION BY gates_move.slug(o.slug)
            ORDER BY o.created_at DESC NULLS LAST, o.id) AS winner
    FROM public.module_definitions AS o
) AS d LEFT JOIN public.core_modules AS m ON m.slug = d.slug;

INSERT INTO gates_move.accounts (old_table, old_id, outcome, reason, tenant_id, module_slug, old_row)
SELECT 'custom_modules', c.id::text, CASE WHEN m.slug IS NULL THEN 'set-aside' ELSE 'moved' END,
    CASE WHEN gates_move.slug(c.slug) IS NULL THEN 'no module'
        WHEN m.slug IS NULL THEN 'custom, not released' ELSE 'in the catalog' END,
    c.organization_id, gates_move.slug(c.slug), CASE WHEN m.slug IS NULL THEN to_jsonb(c) END
FROM public.custom_modules AS c
    LEFT JOIN public.core_modules AS m ON m.slug = gates_move.slug(c.slug);

INSERT INTO gates_move.accounts (old_table, old_id, outcome, reason, merged_into, tenant_id,
    module_slug, old_row)
SELECT 'tenant_module_configs', c.id::text,
    CASE WHEN c.refused IS NOT NULL THEN 'set-aside' WHEN c.winner = c.id THEN 'moved'
        ELSE 'merged' END,
    coalesce(c.refused, CASE WHEN c.winner = c.id THEN 'setting' ELSE 'later value' END),
    CASE WHEN c.refused IS NULL AND c.winner <> c.id THEN c.winner::text END,
    c.organization_id, c.slug,
    CASE WHEN c.refused IS NOT NULL OR c.winner <> c.id THEN c.old_row END
FROM (
    SELECT r.*, CASE WHEN r.refused IS NULL THEN first_value(r.id) OVER (
            PARTITION BY r.refused IS NULL, r.organization_id, r.slug, r.key
            ORDER BY r.updated_at DESC NULLS LAST, r.id) END AS winner
    FROM (
        SELECT o.id, o.organization_id, gates_move.slug(o.module_slug) AS slug, o.key,
            o.updated_at, to_jsonb(o) AS old_row,
            CASE WHEN gates_move.slug(o.module_slug) IS NULL THEN 'no module'
                WHEN coalesce(o.key, '') = '' OR o.value IS NULL THEN 'no key or no value'
                WHEN a.old_id IS NULL THEN 'its module is not moved' END AS refused
        FROM public.tenant_module_configs AS o
            LEFT JOIN gates_move.accounts AS a ON a.old_table = 'organization_modules'
                AND a.outcome = 'moved' AND a.tenant_id = o.organization_id
                AND a.module_slug = gates_move.slug(o.module_slug)
    ) AS r
) AS c;
ANALYZE gates_move.accounts;

INSERT INTO public.tenant_modules (tenant_id, module_slug, module_version, created_at)
SELECT a.tenant_id, a.module_slug, a.version_to,
    CASE WHEN isfinite(o.created_at) THEN o.created_at ELSE now() END
FROM gates_move.accounts AS a JOIN public.organization_modules AS o ON o.id::text = a.old_id
WHERE a.old_table = 'organization_modules' AND a.outcome = 'moved';
