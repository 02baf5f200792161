"""Whether the statements in a module's code fit the database that its migrations make."""
