"""PostgreSQL servers: started, shared, swept; and the databases and roles of one run."""
