-- The directory's part for the card processor: whose a request key is, and which calls wait for an outcome.
-- Ids only.

create or replace function directory.processor_attempt(p_request_key text)
returns table (org_id uuid, attempt_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.org_id, a.id from public.processor_attempt a where a.request_key = p_request_key
$$;

create or replace function directory.processor_pending(p_before timestamptz)
returns table (org_id uuid, attempt_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.org_id, a.id from public.processor_attempt a
    where a.state in ('created', 'unknown') and a.created_at <= p_before
    order by a.created_at, a.id
$$;

create index if not exists ix_processor_attempt_waiting on public.processor_attempt (created_at)
    where state in ('created', 'unknown');

revoke all on function directory.processor_attempt(text), directory.processor_pending(timestamptz) from public;
grant execute on function directory.processor_attempt(text), directory.processor_pending(timestamptz)
    to medspa_app;
