"""Modules at tenants: provisioned, upgraded, looked at and purged in the platform's database.

The database decides what may become of a module at a tenant; what it cannot do itself is done here:
SQL files are run, settings are held against the whole schema, expired rows are exported.
"""

from gates.tenants.installation import Installation
from gates.tenants.migrator import Migrator
from gates.tenants.provision import Provisioned, provision
from gates.tenants.purge import Purged, purge
from gates.tenants.settings import store_settings
from gates.tenants.upgrade import Upgraded, upgrade_tenants

__all__ = [
    "Installation",
    "Migrator",
    "Provisioned",
    "Purged",
    "Upgraded",
    "provision",
    "purge",
    "store_settings",
    "upgrade_tenants",
]
