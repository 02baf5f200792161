"""What people decide about versions: approvals before a release, and withdrawals after it."""
