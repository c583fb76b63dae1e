-- What is signed never changes, whoever asks: not the app, not the owner.

create or replace function charting_keep_signed() returns trigger language plpgsql as $$
begin
    if old.status = 'signed' then
        raise exception using errcode = 'MS101', message = 'A signed record is never changed.';
    end if;
    return new;
end $$;

-- At signing the sites must sum to the quantity, as far as sites are given.
create or replace function charting_check_sites() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_sites bigint;
begin
    select sum(s.quantity_milli) into v_sites from treatment_site s
    where s.org_id = new.org_id and s.treatment_record_id = new.id;
    if v_sites is not null and v_sites is distinct from new.quantity_milli then
        raise exception using errcode = 'MS102', message = 'The sites do not sum to the quantity.';
    end if;
    return new;
end $$;

create or replace trigger keep_signed before update on chart_note
    for each row execute function charting_keep_signed();
create or replace trigger keep_signed before update on treatment_record
    for each row execute function charting_keep_signed();
create or replace trigger check_sites before update on treatment_record
    for each row when (new.status = 'signed') execute function charting_check_sites();

-- Sites of a signed record are as immutable as the record.
create or replace function charting_keep_sites() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Both sides of an update: a site could otherwise be moved from a draft into a signed record.
    if exists (
        select 1 from treatment_record r
        where r.status = 'signed'
          and (r.org_id, r.id) in ((old.org_id, old.treatment_record_id), (new.org_id, new.treatment_record_id))
    ) then
        raise exception using errcode = 'MS101', message = 'A signed record is never changed.';
    end if;
    return coalesce(new, old);
end $$;

create or replace trigger keep_sites before insert or update or delete on treatment_site
    for each row execute function charting_keep_sites();
