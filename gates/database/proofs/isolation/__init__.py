"""The isolation proof: two tenants, and every way from one to the other."""
