CREATE TABLE meals (
    id SERIAL PRIMARY KEY,
    title TEXT NOT NULL,
    created_by UUID NOT NULL REFERENCES auth.users(id),
    archived_at TIMESTAMP,
    created_at TIMESTAMP DEFAULT now()
);
CREATE TABLE ingredients (
    id SERIAL PRIMARY KEY,
    meal_id INT NOT NULL REFERENCES meals(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    grams INT CHECK (grams > 0)
);
ALTER TABLE meals ENABLE ROW LEVEL SECURITY;
CREATE POLICY meals_all ON meals FOR ALL USING (true);
