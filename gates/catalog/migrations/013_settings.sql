SET search_path TO public;

-- Keywords of a settings schema whose meaning this database does not know, or holds to less exactly
-- than JSON Schema does; none for a schema that `core_settings_problems` can judge. References lead
-- into $defs by plain names, so each is looked at with them.
CREATE FUNCTION core_settings_unknown(schema jsonb, depth integer DEFAULT 0) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    plain CONSTANT text[] := ARRAY['type', 'enum', 'const', 'minimum', 'maximum',
        'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'minItems',
        'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'required',
        'dependentRequired', 'title', 'description', 'examples', 'default', 'deprecated',
        'readOnly', 'writeOnly', '$schema', '$comment', 'schema_version'];
    found text[] := '{}';
    key text;
    value jsonb;
    inner_schema jsonb;
BEGIN
    IF depth > 32 THEN
        RETURN ARRAY['a depth of more than 32'];
    END IF;
    IF jsonb_typeof(schema) = 'boolean' THEN
        RETURN found;
    ELSIF jsonb_typeof(schema) IS DISTINCT FROM 'object' THEN
        RETURN ARRAY['a schema that is none'];
    END IF;
    IF depth = 0 AND EXISTS (
        SELECT FROM jsonb_path_query(schema, 'strict $.** ? (@.type() == "number")') AS n
        WHERE NOT public.core_is_exact(n))
    THEN
        found := found || 'a number with more digits than a double has'::text;
    END IF;
    FOR key, value IN SELECT * FROM jsonb_each(schema) LOOP
        IF key = ANY (plain) OR key LIKE 'x-%' OR (key = 'format' AND value = '"password"') THEN
            CONTINUE;
        ELSIF key IN ('properties', '$defs') AND jsonb_typeof(value) = 'object' THEN
            FOR inner_schema IN SELECT e.value FROM jsonb_each(value) AS e LOOP
                found := found || public.core_settings_unknown(inner_schema, depth + 1);
            END LOOP;
        ELSIF key IN ('allOf', 'anyOf', 'oneOf', 'prefixItems')
            AND jsonb_typeof(value) = 'array'
        THEN
            FOR inner_schema IN SELECT e.item FROM jsonb_array_elements(value) AS e(item) LOOP
                found := found || public.core_settings_unknown(inner_schema, depth + 1);
            END LOOP;
        ELSIF key IN ('additionalProperties', 'propertyNames', 'items', 'not', 'if', 'then', 'else')
        THEN
            found := found || public.core_settings_unknown(value, depth + 1);
        ELSIF NOT (key = '$ref' AND value #>> '{}' ~ '^#/\$defs/[A-Za-z0-9_.-]+$') THEN
            found := found || key;
        END IF;
    END LOOP;
    RETURN ARRAY(SELECT DISTINCT f FROM unnest(found) AS f ORDER BY f);
END
$$;

-- Whether a JSON number is the shortest text of a double: whoever reads JSON sees the same number.
CREATE FUNCTION core_is_exact(number jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    SET extra_float_digits = 1
AS $$
BEGIN
    RETURN (number #>> '{}')::numeric = ((number #>> '{}')::float8)::text::numeric;
EXCEPTION WHEN numeric_value_out_of_range THEN
    RETURN false;
END
$$;

-- What is wrong with a value by a schema that holds no unknown keyword, one sentence each. Whatever
-- the schema says in a form that it may not have raises.
CREATE FUNCTION core_settings_problems(
    schema jsonb, value jsonb, root jsonb DEFAULT NULL, place text DEFAULT '',
    depth integer DEFAULT 0
) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whole jsonb := coalesce(root, schema);
    kind text := jsonb_typeof(value);
    number numeric := CASE WHEN jsonb_typeof(value) = 'number' THEN (value #>> '{}')::numeric END;
    size integer := CASE jsonb_typeof(value)
        WHEN 'string' THEN length(value #>> '{}') WHEN 'array' THEN jsonb_array_length(value)
        WHEN 'object' THEN (SELECT count(*) FROM jsonb_object_keys(value)) END;
    shown CONSTANT text := CASE place WHEN '' THEN 'the settings' ELSE place END;
    found text[] := '{}';
    names text[];
    name text;
    entry jsonb;
    matches integer;
BEGIN
    IF depth > 64 THEN
        RAISE EXCEPTION 'the settings are nested too deep' USING ERRCODE = 'check_violation';
    END IF;
    IF schema = 'true'::jsonb THEN
        RETURN found;
    ELSIF schema = 'false'::jsonb THEN
        RETURN ARRAY[format('%s may not be there', shown)];
    ELSIF jsonb_typeof(schema) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'the settings schema holds what is no schema at %', shown
            USING ERRCODE = 'check_violation';
    END IF;
    IF depth = 0 AND EXISTS (
        SELECT FROM jsonb_path_query(value, 'strict $.** ? (@.type() == "number")') AS n
        WHERE NOT public.core_is_exact(n))
    THEN
        RETURN ARRAY['a number has more digits than a double'];
    END IF;
    IF schema ? '$ref' THEN
        name := substr(schema ->> '$ref', length('#/$defs/') + 1);
        IF whole -> '$defs' -> name IS NULL THEN
            RAISE EXCEPTION 'the settings schema has no $defs/%', name
                USING ERRCODE = 'check_violation';
        END IF;
        found := found || public.core_settings_problems(
            whole -> '$defs' -> name, value, whole, place, depth + 1);
    END IF;
    IF schema ? 'type' AND NOT EXISTS (
        SELECT FROM jsonb_array_elements_text(CASE jsonb_typeof(schema -> 'type')
            WHEN 'string' THEN jsonb_build_array(schema -> 'type') ELSE schema -> 'type' END) AS t
        WHERE t = kind OR (t = 'integer' AND number = trunc(number)))
    THEN
        found := found || format('%s must be %s', shown, schema ->> 'type');
    END IF;
    IF schema ? 'enum' AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(schema -> 'enum') AS e(item) WHERE e.item = value)
    THEN
        found := found || format('%s must be one of %s', shown, schema ->> 'enum');
    END IF;
    IF schema ? 'const' AND schema -> 'const' <> value THEN
        found := found || format('%s must be %s', shown, schema ->> 'const');
    END IF;
    IF kind = 'number' THEN
        IF number < (schema ->> 'minimum')::numeric
            OR number <= (schema ->> 'exclusiveMinimum')::numeric
            OR number > (schema ->> 'maximum')::numeric
            OR number >= (schema ->> 'exclusiveMaximum')::numeric
        THEN
            found := found || format('%s is out of bounds', shown);
        END IF;
        IF schema ? 'multipleOf' THEN
            -- Of fractions, doubles and decimals have other multiples.
            IF number <> trunc(number)
                OR (schema ->> 'multipleOf')::numeric <> trunc((schema ->> 'multipleOf')::numeric)
            THEN
                RAISE EXCEPTION 'this database does not judge multipleOf of a fraction'
                    USING ERRCODE = 'feature_not_supported';
            END IF;
            IF number % (schema ->> 'multipleOf')::numeric <> 0 THEN
                found := found || format('%s is no multiple of %s', shown, schema ->> 'multipleOf');
            END IF;
        END IF;
    ELSIF kind = 'string' THEN
        IF size < (schema ->> 'minLength')::numeric OR size > (schema ->> 'maxLength')::numeric THEN
            found := found || format('%s is too short or too long', shown);
        END IF;
    ELSIF kind = 'array' THEN
        IF size < (schema ->> 'minItems')::numeric OR size > (schema ->> 'maxItems')::numeric THEN
            found := found || format('%s has too few or too many items', shown);
        END IF;
        IF schema -> 'uniqueItems' = 'true'::jsonb
            AND (SELECT count(DISTINCT e.item) FROM jsonb_array_elements(value) AS e(item)) < size
        THEN
            found := found || format('%s repeats an item', shown);
        END IF;
        FOR nth IN 0 .. size - 1 LOOP
            entry := coalesce(schema -> 'prefixItems' -> nth, schema -> 'items');
            IF entry IS NOT NULL THEN
                found := found || public.core_settings_problems(
                    entry, value -> nth, whole, format('%s/%s', place, nth), depth + 1);
            END IF;
        END LOOP;
    ELSIF kind = 'object' THEN
        names := ARRAY(SELECT jsonb_object_keys(value));
        IF size < (schema ->> 'minProperties')::numeric
            OR size > (schema ->> 'maxProperties')::numeric
        THEN
            found := found || format('%s has too few or too many entries', shown);
        END IF;
        IF schema ? 'required' THEN
            found := found || ARRAY(
                SELECT format('%s lacks %s', shown, r)
                FROM jsonb_array_elements_text(schema -> 'required') AS r WHERE r <> ALL (names));
        END IF;
        IF schema ? 'dependentRequired' THEN
            found := found || ARRAY(
                SELECT format('%s lacks %s, which %s needs', shown, r, d.key)
                FROM jsonb_each(schema -> 'dependentRequired') AS d
                    CROSS JOIN LATERAL jsonb_array_elements_text(d.value) AS r
                WHERE d.key = ANY (names) AND r <> ALL (names));
        END IF;
        FOREACH name IN ARRAY names LOOP
            entry := coalesce(schema -> 'properties' -> name, schema -> 'additionalProperties');
            IF entry IS NOT NULL THEN
                found := found || public.core_settings_problems(
                    entry, value -> name, whole, format('%s/%s', place, name), depth + 1);
            END IF;
            IF schema ? 'propertyNames' THEN
                found := found || public.core_settings_problems(
                    schema -> 'propertyNames', to_jsonb(name), whole, format('%s/%s', place, name),
                    depth + 1);
            END IF;
        END LOOP;
    END IF;
    IF schema ? 'allOf' THEN
        FOR entry IN SELECT e.item FROM jsonb_array_elements(schema -> 'allOf') AS e(item) LOOP
            found := found || public.core_settings_problems(entry, value, whole, place, depth + 1);
        END LOOP;
    END IF;
    FOREACH name IN ARRAY ARRAY['anyOf', 'oneOf'] LOOP
        IF schema ? name THEN
            SELECT count(*) INTO matches FROM jsonb_array_elements(schema -> name) AS e(item)
                WHERE cardinality(
                    public.core_settings_problems(e.item, value, whole, place, depth + 1)) = 0;
            IF matches = 0 OR (name = 'oneOf' AND matches > 1) THEN
                found := found || format('%s fits %s of the choices', shown, matches);
            END IF;
        END IF;
    END LOOP;
    IF schema ? 'not' AND cardinality(
        public.core_settings_problems(schema -> 'not', value, whole, place, depth + 1)) = 0
    THEN
        found := found || format('%s is what it must not be', shown);
    END IF;
    IF schema ? 'if' THEN
        entry := CASE WHEN cardinality(public.core_settings_problems(
                schema -> 'if', value, whole, place, depth + 1)) = 0
            THEN schema -> 'then' ELSE schema -> 'else' END;
        IF entry IS NOT NULL THEN
            found := found || public.core_settings_problems(entry, value, whole, place, depth + 1);
        END IF;
    END IF;
    RETURN found;
END
$$;

-- The one writer of settings. `vouched` says that gates has held them against the whole schema,
-- which it names by its version; this database judges what it can all the same.
CREATE FUNCTION core_store_settings(
    for_tenant uuid, of_slug text, given jsonb, vouched text
) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held public.tenant_modules := public.core_lock_tenant_module(for_tenant, of_slug);
    contract jsonb;
    unknown text[];
    problems text[] := '{}';
BEGIN
    SELECT v.settings_schema INTO contract FROM public.core_module_versions AS v
        WHERE v.slug = of_slug AND v.version = held.module_version;
    IF contract IS NULL OR held.state = 'ARCHIVED' OR current_setting('server_encoding') <> 'UTF8'
    THEN
        RAISE EXCEPTION 'the tenant has no version of % whose settings can be stored', of_slug
            USING ERRCODE = 'check_violation', TABLE = 'tenant_module_settings';
    END IF;
    unknown := public.core_settings_unknown(contract);
    IF cardinality(unknown) > 0 AND vouched IS DISTINCT FROM held.module_version THEN
        RAISE EXCEPTION 'this database does not know % of the settings schema of % %',
            array_to_string(unknown, ', '), of_slug, held.module_version
            USING ERRCODE = 'feature_not_supported', TABLE = 'tenant_module_settings',
                HINT = 'gates catalog settings';
    ELSIF cardinality(unknown) = 0 THEN
        problems := public.core_settings_problems(contract, given);
    END IF;
    IF jsonb_typeof(given) IS DISTINCT FROM 'object' THEN
        problems := problems || 'settings are an object'::text;
    END IF;
    IF cardinality(problems) > 0 THEN
        RAISE EXCEPTION 'the settings of % are refused: %', of_slug,
            array_to_string(problems, '; ')
            USING ERRCODE = 'check_violation', TABLE = 'tenant_module_settings';
    END IF;
    INSERT INTO public.tenant_module_settings (tenant_id, module_slug, module_version, settings)
        VALUES (for_tenant, of_slug, held.module_version, given)
        ON CONFLICT (tenant_id, module_slug) DO UPDATE SET settings = excluded.settings,
            module_version = excluded.module_version;
END
$$;

CREATE FUNCTION set_tenant_module_settings(slug text, settings jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own uuid := (auth.jwt() ->> 'tenant_id')::uuid;
BEGIN
    IF own IS NULL THEN
        RAISE EXCEPTION 'the session has no tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM public.core_store_settings(own, $1, $2, NULL);
END
$$;

CREATE FUNCTION store_tenant_module_settings(
    for_tenant uuid, slug text, settings jsonb, checked_version text
) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT public.core_store_settings(for_tenant, slug, settings, checked_version)
$$;
