"""Two tenants with rows, and one statement tried as either of them or as nobody."""
