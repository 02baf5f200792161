"""What the sources of a TypeScript module say, read from their syntax trees."""
