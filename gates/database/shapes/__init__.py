"""The few shapes that the standard allows, as the server prints them; the rest deviates."""
