"""What module.json promises: endpoints, events, permissions, jobs, environment, versions."""
