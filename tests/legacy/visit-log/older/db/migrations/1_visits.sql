CREATE TABLE visits (
    id UUID DEFAULT uuid_generate_v4() PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    place TEXT NOT NULL,
    note TEXT,
    details JSONB NOT NULL DEFAULT '{}'::jsonb,
    archived_at TIMESTAMP,
    visited_at TIMESTAMP NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX one_visit_a_day ON visits (user_id, place, (visited_at::date))
    WHERE archived_at IS NULL;

ALTER TABLE visits ENABLE ROW LEVEL SECURITY;

CREATE POLICY "own visits" ON visits USING (auth.uid() = user_id) WITH CHECK (auth.uid() = user_id);
