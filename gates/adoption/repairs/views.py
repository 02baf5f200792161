"""Makes views with the module's prefix that have the rights of whoever asks."""

from __future__ import annotations

from collections.abc import Iterator

from gates.adoption.repair import Step, World, quoted, repair


@repair(7)
def views(world: World) -> Iterator[Step]:
    """A view goes while its tables are changed, and comes again as `security_invoker`."""
    if world.released:
        return
    for name, properties in world.new("view"):
        kind = "MATERIALIZED VIEW" if properties.get("kind") == "materialized" else "VIEW"
        bare = name.rpartition(".")[2].strip('"')
        new = bare if bare.startswith(world.prefix) else world.name_for(bare)
        if new == bare and "security_invoker=true" in properties.get("options", ""):
            continue
        yield Step(f"DROP {kind} IF EXISTS {name} CASCADE;", f"drops the view {bare}")
        yield Step(
            f"CREATE OR REPLACE VIEW public.{quoted(new)} WITH (security_invoker = true) AS\n"
            f"{properties['definition'].rstrip(';')};\n"
            f"REVOKE ALL ON public.{quoted(new)} FROM PUBLIC, anon, authenticated, service_role;\n"
            f"GRANT SELECT ON public.{quoted(new)} TO tenant_app_role;",
            f"makes the view {new}",
            56,
        )
