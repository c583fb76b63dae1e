-- Throttling of sign-in and of payment links, across processes and before any organization is known. Keys are
-- digests. A row is one attempt that failed, or is under way.

create table if not exists directory.attempt (
    key text not null,
    id uuid not null,
    at timestamptz not null,
    primary key (key, id)
);

create index if not exists ix_attempt_at on directory.attempt (at);

create table if not exists directory.known_device (
    device_digest text not null,
    email_digest text not null,
    expires_at timestamptz not null,
    primary key (device_digest, email_digest)
);

-- Whoever counts a key waits for whoever counts it now. In one order, so that nobody waits in a circle.
create or replace function directory.hold_attempts(p_keys text[]) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_lock bigint;
begin
    for v_lock in select distinct hashtextextended('directory.attempt:' || k, 0) from unnest(p_keys) k order by 1 loop
        perform pg_advisory_xact_lock(v_lock);
    end loop;
end $$;

-- Counts an attempt against every key and answers 0, or counts nothing and answers the seconds to wait.
-- The attempt counts as failed until it is settled, so guesses sent in parallel cannot slip through.
-- Each key has `p_free` failures an hour without delay; the next ones wait 2, 4, 8 ... at most 300 seconds after
-- the last one. A failure counts for an hour, whatever comes after it: what succeeds keeps none alive.
create or replace function directory.claim_attempt(p_id uuid, p_keys text[], p_free int[], p_now timestamptz)
returns double precision language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_wait double precision;
begin
    perform directory.hold_attempts(p_keys);
    select max(extract(epoch from w.last_at - p_now) + least(300, 2 ^ least(w.failures - f.free + 1, 9)))
    into v_wait
    from unnest(p_keys, p_free) f(key, free)
    cross join lateral (
        select count(*) as failures, max(a.at) as last_at from directory.attempt a
        where a.key = f.key and a.at > p_now - interval '1 hour'
    ) w
    where w.failures >= f.free;
    if v_wait > 0 then
        return v_wait;
    end if;
    insert into directory.attempt (key, id, at) select distinct k, p_id, p_now from unnest(p_keys) k;
    -- Each attempt clears away some that no longer matter, so the table never outgrows a day's attempts.
    delete from directory.attempt where (key, id) in (
        select a.key, a.id from directory.attempt a
        where a.at < p_now - interval '1 day' limit 20 for update skip locked
    );
    return 0;
end $$;

-- Takes back what claim_attempt counted; `p_forget` keys start afresh.
create or replace function directory.settle_attempt(p_id uuid, p_keys text[], p_forget text[]) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform directory.hold_attempts(p_keys);
    delete from directory.attempt a where a.key = any (p_keys) and (a.id = p_id or a.key = any (p_forget));
end $$;

create or replace function directory.device_known(p_device text, p_email text, p_now timestamptz) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select 1 from directory.known_device d
        where d.device_digest = p_device and d.email_digest = p_email and d.expires_at > p_now
    )
$$;

create or replace function directory.remember_device(p_device text, p_email text, p_expires timestamptz)
returns void language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    delete from directory.known_device
    where email_digest = p_email and expires_at < p_expires - interval '180 days';
    insert into directory.known_device values (p_device, p_email, p_expires)
    on conflict (device_digest, email_digest) do update set expires_at = excluded.expires_at
$$;

revoke all on function
    directory.hold_attempts(text[]),
    directory.claim_attempt(uuid, text[], int[], timestamptz),
    directory.settle_attempt(uuid, text[], text[]),
    directory.device_known(text, text, timestamptz),
    directory.remember_device(text, text, timestamptz)
from public;
grant execute on function
    directory.claim_attempt(uuid, text[], int[], timestamptz),
    directory.settle_attempt(uuid, text[], text[]),
    directory.device_known(text, text, timestamptz),
    directory.remember_device(text, text, timestamptz)
to medspa_app;
