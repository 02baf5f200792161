"""Statements past the module's own rows."""

from axon_core import RequestContext, Statement


def as_other(context: RequestContext, claims: str, table: str) -> None:
    """Become another tenant, and read of another module."""
    for statement in (
        Statement(
            "retention-report.claims",
            "SELECT set_config('request.jwt.claims', %(claims)s, false)",
            {"claims": claims},
        ),
        Statement("retention-report.role", "RESET ROLE", {}),
        Statement("retention-report.other", "SELECT id FROM tenant_billing_invoices", {}),
        Statement("retention-report.any", f"SELECT id FROM {table}", {}),
    ):
        context.database.query(statement)
