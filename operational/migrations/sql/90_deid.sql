-- Generalising functions of the de-identified views. They never raise: a cast error prints its input.

create or replace function deid.birth_month(p date) returns date
language sql immutable parallel safe as $$
    -- CASE, not WHERE: the planner computes a constant's parts before a filter, and infinity has none.
    select case
        when p between date '1880-01-01' and date '2200-01-01'
        then make_date(extract(year from p)::int, extract(month from p)::int, 1)
    end
$$;

-- ZIP3 units of 20 000 people or fewer, in the 2000 or the 2010 census (164.514(b)(2)(i)(B)).
create or replace function deid.zip3(p text) returns text
language sql immutable parallel safe as $$
    select case
        when p is null then null
        when p !~ '^[0-9]{5}(-?[0-9]{4})?$' then '000'
        when left(p, 3) in (
            '000', '036', '059', '063', '102', '202', '203', '204', '205', '369', '556', '692',
            '753', '772', '790', '821', '823', '830', '831', '878', '879', '884', '890', '893'
        ) then '000'
        else left(p, 3)
    end
$$;

revoke all on function deid.birth_month(date), deid.zip3(text) from public;
grant execute on function deid.birth_month(date), deid.zip3(text) to medspa_extract, medspa_deid;
grant usage on schema deid to medspa_deid, medspa_extract;
