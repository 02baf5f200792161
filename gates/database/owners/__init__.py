"""What runs with its owner's rights, as it reads: every statement tied to the session's tenant."""
