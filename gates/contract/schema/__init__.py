"""What a version promises about its database, compared by the snapshots of both."""
