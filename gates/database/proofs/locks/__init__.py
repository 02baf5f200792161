"""What migrations lock, read and rewrite, and how long others would wait."""
