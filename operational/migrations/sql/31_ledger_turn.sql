-- Whose turn it is at the days of a location: desks that post, together, or a close, alone.
--
-- Who asks to share a row passes whoever waits to have it alone, so with row locks only a close starves among
-- busy desks, and each desk that passes it begins a new lock_timeout. Here who comes after a waiting close
-- queues behind it; where that would be a deadlock, the server lets the desk by.

create or replace function ledger_turn_key(p_org uuid, p_location uuid) returns bigint
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select hashtextextended(p_org::text || ':days:' || p_location::text, 0)
$$;

-- Among others, and behind a close that waits already. Had once, it is had until the transaction ends.
create or replace function ledger_join_day(p_org uuid, p_location uuid) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    perform pg_advisory_xact_lock_shared(ledger_turn_key(p_org, p_location));
end $$;

-- Alone: after those who were here first, for as long as lock_timeout lets it wait.
create or replace function ledger_close_turn(p_location uuid) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    perform pg_advisory_xact_lock(ledger_turn_key(nullif(current_setting('medspa.org_id', true), '')::uuid, p_location));
end $$;

revoke all on function ledger_turn_key(uuid, uuid), ledger_join_day(uuid, uuid), ledger_close_turn(uuid) from public;
grant execute on function ledger_turn_key(uuid, uuid), ledger_join_day(uuid, uuid), ledger_close_turn(uuid)
    to medspa_app;
