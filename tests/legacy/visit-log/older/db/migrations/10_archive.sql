DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns
            WHERE table_name = 'visits' AND column_name = 'updated_at') THEN
        ALTER TABLE visits ADD COLUMN updated_at TIMESTAMP;
    END IF;
END $$;
