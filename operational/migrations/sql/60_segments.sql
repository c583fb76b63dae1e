-- Taking a segment's membership from the warehouse: client keys, due dates and reasons, nothing else.

drop function if exists directory.take_segment(
    uuid, uuid, text, int, date, bigint, boolean, jsonb, timestamptz
);
create or replace function directory.take_segment(
    p_org uuid, p_id uuid, p_code text, p_version int, p_as_of date, p_batch bigint,
    p_reveals_treatment boolean, p_members jsonb, p_at timestamptz,
    p_booked text default 'any', p_categories text[] default '{}'
) returns int language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_count int;
    v_taken uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended('segment:' || p_org || ':' || p_code, 0));
    -- The same definition, batch and date published again change nothing but which one is shown.
    select id, member_count into v_taken, v_count from segment_publication
    where org_id = p_org and segment_code = p_code and definition_version = p_version
        and batch_id = p_batch and as_of = p_as_of;
    if found then
        update segment_publication set current = (id = v_taken)
        where org_id = p_org and segment_code = p_code and current <> (id = v_taken);
        return v_count;
    end if;
    update segment_publication set current = false
    where org_id = p_org and segment_code = p_code and current;
    insert into segment_publication
        (org_id, id, created_at, segment_code, definition_version, as_of, batch_id,
         member_count, reveals_treatment, booked, categories, current)
    values (p_org, p_id, p_at, p_code, p_version, p_as_of, p_batch,
            jsonb_array_length(p_members), p_reveals_treatment, p_booked, p_categories, true);
    insert into segment_member (org_id, id, created_at, publication_id, position, client_key,
                                due_on, reason)
    select p_org, gen_random_uuid(), p_at, p_id, o,
           (m->>'client_key')::uuid, (m->>'due_on')::date, m->>'reason'
    from jsonb_array_elements(p_members) with ordinality as e (m, o)
    where exists (
        select 1 from client c where c.org_id = p_org and c.client_key = (m->>'client_key')::uuid
    );
    get diagnostics v_count = row_count;
    update segment_publication set member_count = v_count where org_id = p_org and id = p_id;
    return v_count;
end $$;

revoke all on function directory.take_segment(
    uuid, uuid, text, int, date, bigint, boolean, jsonb, timestamptz, text, text[]
) from public;
grant usage on schema directory to medspa_publish;
grant execute on function directory.take_segment(
    uuid, uuid, text, int, date, bigint, boolean, jsonb, timestamptz, text, text[]
) to medspa_publish;
