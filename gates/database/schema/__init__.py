"""What a database holds, read from its catalog: snapshots, their difference, tables, facts."""
