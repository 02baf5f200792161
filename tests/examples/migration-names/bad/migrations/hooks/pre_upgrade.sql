DO $$
BEGIN
    IF to_regclass('public.tenant_links') IS NULL OR to_regclass('public.tenant_sample_module_links') IS NOT NULL THEN
        RETURN;
    END IF;
    ALTER TABLE public.tenant_links RENAME TO tenant_sample_module_links;
    ALTER TABLE public.tenant_link_clicks ADD COLUMN version integer NOT NULL DEFAULT 1;
END;
$$;
