"""The audit proof: every change leaves one true row in audit_logs."""
