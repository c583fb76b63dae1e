-- The directory: what must be known before an organization is bound. Functions take a digest and return
-- ids only; they run as the owner, so they alone see rows of every organization.

create or replace function directory.api_key(p_digest text, p_now timestamptz)
returns table (org_id uuid, key_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select k.org_id, k.id
    from public.api_key k
    join public.staff_member s on s.org_id = k.org_id and s.id = k.created_by and s.active
    where k.key_digest = p_digest and k.revoked_at is null and (k.expires_at is null or k.expires_at > p_now)
$$;

-- Marks the session as seen, at most every `p_grain`, so that requests in parallel do not queue on its row.
create or replace function directory.session(
    p_digest text, p_now timestamptz, p_idle interval, p_grain interval
) returns table (org_id uuid, session_id uuid, staff_id uuid)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    v record;
begin
    select a.org_id, a.id, a.staff_id, a.last_seen_at into v
    from public.auth_session a
    join public.staff_member s on s.org_id = a.org_id and s.id = a.staff_id and s.active
    where a.token_digest = p_digest and a.ended_at is null
      and a.expires_at > p_now and a.last_seen_at > p_now - p_idle;
    if not found then
        return;
    end if;
    if v.last_seen_at < p_now - p_grain then
        update public.auth_session a set last_seen_at = greatest(a.last_seen_at, p_now)
        where a.org_id = v.org_id and a.id = v.id and a.ended_at is null;
    end if;
    return query select v.org_id, v.id, v.staff_id;
end $$;

create or replace function directory.staff_by_email(p_digest text)
returns table (org_id uuid, staff_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.org_id, s.id from public.staff_member s where s.email_digest = p_digest and s.active
    order by s.org_id
$$;

create or replace function directory.link(p_digest text, p_purpose text, p_now timestamptz)
returns table (org_id uuid, link_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select l.org_id, l.id from public.link_token l
    where l.token_digest = p_digest and l.purpose = p_purpose
      and l.consumed_at is null and l.revoked_at is null and l.expires_at > p_now
$$;

-- Workers walk the organizations one by one, each in a session bound to it.
create or replace function directory.organizations() returns table (org_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select o.org_id from public.organization o order by o.org_id
$$;

create or replace function directory.organization_by_slug(p_slug text) returns table (org_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select o.org_id from public.organization o where o.slug = p_slug
$$;

revoke all on function
    directory.api_key(text, timestamptz),
    directory.session(text, timestamptz, interval, interval),
    directory.staff_by_email(text),
    directory.link(text, text, timestamptz),
    directory.organizations(),
    directory.organization_by_slug(text)
from public;
grant execute on function
    directory.api_key(text, timestamptz),
    directory.session(text, timestamptz, interval, interval),
    directory.staff_by_email(text),
    directory.link(text, text, timestamptz),
    directory.organizations(),
    directory.organization_by_slug(text)
to medspa_app;
