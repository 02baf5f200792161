DO $$
BEGIN
    IF to_regclass('public.tenant_log') IS NULL OR to_regclass('public.tenant_sample_module_log') IS NOT NULL THEN
        RETURN;
    END IF;
    ALTER TABLE public.tenant_log RENAME TO tenant_sample_module_log;
END;
$$;
