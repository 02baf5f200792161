"""SQL as PostgreSQL's own parser sees it: files, statements, bodies, EXECUTE. Pure."""
