"""The databases that proofs start from: the platform, the migrated module, the module in use."""
