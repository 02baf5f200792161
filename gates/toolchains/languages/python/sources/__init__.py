"""What the sources of a Python module say, read from their syntax trees."""
