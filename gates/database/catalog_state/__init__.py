"""What a database holds, read from PostgreSQL's catalog."""
