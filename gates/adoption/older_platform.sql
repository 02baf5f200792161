-- What older modules expect of their database and this platform does not have, so that their
-- migrations run in a copy: nothing of it is in what is written for them.
SET search_path TO public;

CREATE TABLE auth.users (
    id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
    email text,
    raw_user_meta_data jsonb,
    created_at timestamptz DEFAULT now()
);
GRANT SELECT, REFERENCES ON auth.users TO PUBLIC;

CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql RETURN gen_random_uuid();

-- uuid = text: PostgreSQL has no such operator, and policies of older modules compare so.
CREATE FUNCTION older_platform_equal(uuid, text) RETURNS boolean
    LANGUAGE sql IMMUTABLE RETURN $1::text = $2;
CREATE FUNCTION older_platform_equal(text, uuid) RETURNS boolean
    LANGUAGE sql IMMUTABLE RETURN $1 = $2::text;
CREATE OPERATOR = (LEFTARG = uuid, RIGHTARG = text, FUNCTION = older_platform_equal);
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = uuid, FUNCTION = older_platform_equal);
