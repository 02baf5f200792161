CREATE EXTENSION IF NOT EXISTS "uuid-ossp";

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'note_state') THEN
        CREATE TYPE note_state AS ENUM ('open', 'done', 'archived');
    END IF;

    CREATE TABLE IF NOT EXISTS shift_notes (
        id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
        organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
        author_id UUID REFERENCES auth.users(id) ON DELETE SET NULL,
        title TEXT NOT NULL,
        body TEXT,
        archived_at TIMESTAMP,
        state note_state NOT NULL DEFAULT 'open',
        created_at TIMESTAMP DEFAULT now(),
        updated_at TIMESTAMP DEFAULT now()
    );

    CREATE TABLE IF NOT EXISTS shift_note_tags (
        id SERIAL PRIMARY KEY,
        note_id UUID NOT NULL REFERENCES shift_notes(id) ON DELETE CASCADE,
        label VARCHAR(40) NOT NULL,
        UNIQUE (note_id, label)
    );

    CREATE INDEX IF NOT EXISTS idx_shift_notes_org ON shift_notes(organization_id);

    ALTER TABLE shift_notes ENABLE ROW LEVEL SECURITY;
    ALTER TABLE shift_note_tags ENABLE ROW LEVEL SECURITY;

    CREATE POLICY "org access" ON shift_notes FOR ALL
        USING (organization_id = (auth.jwt() ->> 'organization_id'));
    CREATE POLICY "tags open" ON shift_note_tags FOR ALL USING (true);
END $$;
