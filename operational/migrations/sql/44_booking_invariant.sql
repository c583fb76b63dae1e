-- Booking: at commit, the active hard claims of a visit are exactly the time it holds, and none if it
-- holds none. Checked for every visit whose state, items, resources or claims changed.

create or replace function booking_check_claims(p_org uuid, p_appointment uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_status text;
    v_source text;
    v_differ boolean;
begin
    select a.status, a.source into v_status, v_source from appointment a where a.org_id = p_org and a.id = p_appointment;
    if v_status is null then
        raise exception 'a visit that changed cannot be seen by its own check'
            using errcode = 'check_violation', constraint = 'occupancy_matches_appointment';
    end if;
    -- A visit of an imported history held its time in the system it came from.
    if v_status in ('booked', 'confirmed', 'arrived', 'completed') and v_source <> 'import' then
        with item as (
            select i.id, i.provider_id, i.starts_at, i.provider_ends_at, i.ends_at
            from appointment_item i
            where i.org_id = p_org and i.appointment_id = p_appointment and i.removed_at is null
        ), wanted as (
            select 'provider' as kind, provider_id as subject, range_agg(tstzrange(starts_at, provider_ends_at)) as time
            from item group by provider_id
            union all
            select r.kind, r.id, range_agg(tstzrange(item.starts_at, item.ends_at))
            from item
            join appointment_item_resource ir on ir.org_id = p_org and ir.appointment_item_id = item.id
            join resource r on r.org_id = p_org and r.id = ir.resource_id
            group by r.kind, r.id
        ), held as (
            select o.subject_kind as kind, o.subject_id as subject, range_agg(o.during) as time
            from occupancy o
            where o.org_id = p_org and o.appointment_id = p_appointment and o.active and o.hard
            group by o.subject_kind, o.subject_id
        )
        select not exists (select 1 from wanted) or exists (
            select 1 from wanted full join held using (kind, subject)
            where wanted.time is distinct from held.time
        ) into v_differ;
    else
        select exists (
            select 1 from occupancy o
            where o.org_id = p_org and o.appointment_id = p_appointment and o.active
        ) into v_differ;
    end if;
    if v_differ then
        raise exception 'the claims of a visit do not match the time it holds'
            using errcode = 'check_violation', constraint = 'occupancy_matches_appointment';
    end if;
end $$;
revoke all on function booking_check_claims(uuid, uuid) from public;

create or replace function booking_claims_match() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_row record := coalesce(new, old);
    v_appointment uuid;
begin
    case tg_table_name
        when 'appointment' then
            v_appointment := v_row.id;
        when 'appointment_item_resource' then
            select i.appointment_id into v_appointment from appointment_item i
            where i.org_id = v_row.org_id and i.id = v_row.appointment_item_id;
        else
            v_appointment := v_row.appointment_id;
    end case;
    if tg_table_name = 'occupancy' then
        if tg_op = 'UPDATE' and old.appointment_id is distinct from new.appointment_id then
            raise exception 'a claim does not change hands'
                using errcode = 'check_violation', constraint = 'occupancy_matches_appointment';
        end if;
        -- The claim of a hold is no visit's.
        if v_row.hold_id is not null then
            return null;
        end if;
    end if;
    perform booking_check_claims(v_row.org_id, v_appointment);
    return null;
end $$;
revoke all on function booking_claims_match() from public;

do $$
declare
    v_table text;
begin
    foreach v_table in array array['appointment', 'appointment_item', 'appointment_item_resource', 'occupancy'] loop
        execute format('drop trigger if exists claims_match on %I', v_table);
    end loop;
end $$;
create constraint trigger claims_match after insert or update of status on appointment
    deferrable initially deferred for each row when (new.source <> 'import')
    execute function booking_claims_match();
create constraint trigger claims_match after insert or delete or update of appointment_id, provider_id,
    starts_at, provider_ends_at, ends_at, removed_at on appointment_item
    deferrable initially deferred for each row execute function booking_claims_match();
create constraint trigger claims_match after insert or delete or update of appointment_item_id, resource_id
    on appointment_item_resource
    deferrable initially deferred for each row execute function booking_claims_match();
create constraint trigger claims_match after insert or delete or update on occupancy
    deferrable initially deferred for each row execute function booking_claims_match();
