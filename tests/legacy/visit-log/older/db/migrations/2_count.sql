CREATE OR REPLACE FUNCTION count_visits(wanted TEXT) RETURNS BIGINT
    LANGUAGE sql STABLE SECURITY DEFINER
AS $$
    SELECT count(*) FROM visits WHERE place = wanted;
$$;

CREATE OR REPLACE VIEW visit_totals AS
    SELECT place, count(*) AS visits, max(visited_at) AS last_visit FROM visits GROUP BY place;
GRANT SELECT ON visit_totals TO anon, authenticated;
