-- Sizes as evaluated for dates in [first, until]. Counts of 1 to 10 people are not told (CMS cell-size policy).
select s.as_of as business_date, s.segment_code as segment,
       case when s.members between 1 and 10 then null else s.members end as members,
       case when s.entered between 1 and 10 then null else s.entered end as entered,
       case when s.left_since between 1 and 10 then null else s.left_since end as left_since
from marts.segment_size s
where s.org_id = :org and s.as_of between :first and :until and cardinality(cast(:locations as uuid[])) > 0
order by s.segment_code, s.as_of
