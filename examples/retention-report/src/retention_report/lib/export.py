"""Reports as CSV."""

import csv
import hashlib
import hmac
import io
from collections.abc import Sequence

from retention_report.lib.items import Item

COLUMNS = tuple(Item.model_fields)


def to_csv(items: Sequence[Item], *, include_empty_tables: bool) -> str:
    """Render the lines of a report as CSV (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for item in items:
        if include_empty_tables or item.rows_total > 0:
            writer.writerow(item.model_dump(mode="json").values())
    return text.getvalue()


def sign(text: str, secret: str) -> str:
    """Make the HMAC-SHA-256 of a report, in hexadecimal."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
