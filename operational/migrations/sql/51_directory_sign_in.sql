-- Throttling of sign-in, across processes and before any organization is known. Keys are digests.

create table if not exists directory.attempt (
    key text primary key,
    failures int not null,
    last_at timestamptz not null
);

create index if not exists ix_attempt_last_at on directory.attempt (last_at);

create table if not exists directory.known_device (
    device_digest text not null,
    email_digest text not null,
    expires_at timestamptz not null,
    primary key (device_digest, email_digest)
);

-- Counts an attempt against every key and answers 0, or counts nothing and answers the seconds to wait.
-- The attempt counts as failed until it is settled, so guesses sent in parallel cannot slip through.
-- Each key has `p_free` failures without delay; the next ones wait 2, 4, 8 ... at most 300 seconds. Nobody is
-- ever locked out for good: an hour without attempts forgets the failures.
create or replace function directory.claim_attempt(p_keys text[], p_free int[], p_now timestamptz)
returns double precision language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    v record;
    v_wait double precision := 0;
begin
    insert into directory.attempt (key, failures, last_at)
    select k, 0, p_now from unnest(p_keys) k order by k
    on conflict (key) do nothing;
    for v in
        select a.key, a.failures, a.last_at, f.free
        from directory.attempt a join unnest(p_keys, p_free) f(key, free) on f.key = a.key
        order by a.key for update of a
    loop
        if v.last_at <= p_now - interval '1 hour' then
            update directory.attempt set failures = 0 where key = v.key;
        elsif v.failures >= v.free then
            v_wait := greatest(v_wait, extract(epoch from v.last_at - p_now)
                + least(300, 2 ^ least(v.failures - v.free + 1, 9)));
        end if;
    end loop;
    if v_wait > 0 then
        return v_wait;
    end if;
    update directory.attempt a set failures = a.failures + 1, last_at = p_now where a.key = any (p_keys);
    -- Each attempt clears away some that no longer matter, so the table never outgrows a day's attempts.
    -- Last, and skipping what is locked: nothing is waited for while these rows are held.
    delete from directory.attempt where key in (
        select a.key from directory.attempt a
        where a.last_at < p_now - interval '1 day' limit 20 for update skip locked
    );
    return 0;
end $$;

-- Takes back what claim_attempt counted; `p_forget` keys start afresh. Rows are locked in the same order.
create or replace function directory.settle_attempt(p_keys text[], p_forget text[]) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    with held as (
        select a.key from directory.attempt a where a.key = any (p_keys) order by a.key for update
    )
    update directory.attempt a
    set failures = case when a.key = any (p_forget) then 0 else greatest(a.failures - 1, 0) end
    from held where a.key = held.key
$$;

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
    directory.claim_attempt(text[], int[], timestamptz),
    directory.settle_attempt(text[], text[]),
    directory.device_known(text, text, timestamptz),
    directory.remember_device(text, text, timestamptz)
from public;
grant execute on function
    directory.claim_attempt(text[], int[], timestamptz),
    directory.settle_attempt(text[], text[]),
    directory.device_known(text, text, timestamptz),
    directory.remember_device(text, text, timestamptz)
to medspa_app;
