INSERT INTO gates_move.accounts (old_table, old_id, outcome, reason, tenant_id, module_slug)
SELECT 'module_file_audit', o.id::text, CASE WHEN o.refused IS NULL THEN 'moved' ELSE 'set-aside' END,
    coalesce(o.refused, 'audit'), o.organization_id, gates_move.slug(o.module_slug)
FROM (
    SELECT f.*, CASE
        WHEN f.organization_id IS NULL THEN 'no organisation'
        WHEN NOT EXISTS (SELECT FROM public.organizations AS g WHERE g.id = f.organization_id)
            THEN 'organisation is gone'
        WHEN NOT coalesce(isfinite(f.happened_at), false) THEN 'no time'
        WHEN coalesce(f.action, '') = '' THEN 'no action' END AS refused
    FROM public.module_file_audit AS f
) AS o;
ANALYZE gates_move.accounts;

INSERT INTO public.audit_logs (tenant_id, table_name, operation, row_id, actor, old_data, new_data,
    created_at)
SELECT f.organization_id, 'module_file_audit', upper(f.action), f.id::text, f.actor,
    jsonb_build_object('path', f.file_path, 'hash', f.old_hash),
    jsonb_build_object('path', f.file_path, 'hash', f.new_hash, 'module', f.module_slug),
    f.happened_at
FROM public.module_file_audit AS f JOIN gates_move.accounts AS a
    ON a.old_table = 'module_file_audit' AND a.old_id = f.id::text AND a.outcome = 'moved'
ORDER BY f.id;
