-- Devices on which people may switch by PIN: where they signed in fully, for how long, and their wrong PINs since.
-- By person of an organization, never by address: an address can be entered by any organization that likes.

create table if not exists directory.person_device (
    device_digest text not null,
    org_id uuid not null,
    staff_id uuid not null,
    signed_in_at timestamptz not null,
    failures int not null default 0,
    primary key (org_id, staff_id, device_digest)
);

create index if not exists ix_person_device_digest on directory.person_device (device_digest);
alter table directory.person_device enable row level security;
alter table directory.person_device force row level security;
drop policy if exists owner_all on directory.person_device;
create policy owner_all on directory.person_device for all to medspa_owner using (true) with check (true);

-- After a full sign-in (`p_full`) everything starts afresh; otherwise what is known of the device stays.
create or replace function directory.trust_device(
    p_device text, p_org uuid, p_staff uuid, p_now timestamptz, p_full boolean
) returns void language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    delete from directory.person_device
    where org_id = p_org and staff_id = p_staff and signed_in_at < p_now - interval '180 days';
    insert into directory.person_device values (p_device, p_org, p_staff, p_now, 0)
    on conflict (device_digest, org_id, staff_id) do update
    set signed_in_at = case when p_full then excluded.signed_in_at else directory.person_device.signed_in_at end,
        failures = case when p_full then 0 else directory.person_device.failures end
$$;

create or replace function directory.device_people(p_device text, p_since timestamptz, p_wrong int)
returns table (org_id uuid, staff_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select d.org_id, d.staff_id from directory.person_device d
    join public.staff_member s on s.org_id = d.org_id and s.id = d.staff_id
    where d.device_digest = p_device and d.signed_in_at > p_since and d.failures < p_wrong
      and s.active and s.pin_hash is not null and s.totp_secret is not null
    order by d.signed_in_at
$$;

-- Counts a try as wrong before it is looked at, so that tries in parallel cannot slip through. Answers how many
-- are counted now; nothing when there may be no try at all.
create or replace function directory.claim_pin(
    p_device text, p_org uuid, p_staff uuid, p_since timestamptz, p_wrong int
) returns int language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    update directory.person_device d set failures = d.failures + 1
    from public.staff_member s
    where d.device_digest = p_device and d.org_id = p_org and d.staff_id = p_staff
      and d.signed_in_at > p_since and d.failures < p_wrong
      and s.org_id = d.org_id and s.id = d.staff_id and s.active and s.pin_hash is not null
      and s.totp_secret is not null
    returning d.failures
$$;

-- The right PIN takes back its own try only: what others guessed before stays counted until a full sign-in.
create or replace function directory.settle_pin(p_device text, p_org uuid, p_staff uuid)
returns void language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    update directory.person_device set failures = greatest(failures - 1, 0)
    where device_digest = p_device and org_id = p_org and staff_id = p_staff
$$;

-- Whoever is enrolled afresh has switched nowhere yet: a lost device takes no PIN of theirs, old or new.
create or replace function directory.forget_person_devices(p_org uuid, p_staff uuid)
returns void language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    delete from directory.person_device where org_id = p_org and staff_id = p_staff
$$;

revoke all on function
    directory.trust_device(text, uuid, uuid, timestamptz, boolean),
    directory.device_people(text, timestamptz, int),
    directory.claim_pin(text, uuid, uuid, timestamptz, int),
    directory.settle_pin(text, uuid, uuid),
    directory.forget_person_devices(uuid, uuid)
from public;
grant execute on function
    directory.trust_device(text, uuid, uuid, timestamptz, boolean),
    directory.device_people(text, timestamptz, int),
    directory.claim_pin(text, uuid, uuid, timestamptz, int),
    directory.settle_pin(text, uuid, uuid),
    directory.forget_person_devices(uuid, uuid)
to medspa_app;
