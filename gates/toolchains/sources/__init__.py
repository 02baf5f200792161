"""What a module's sources say, read from their syntax trees; nothing is run."""
