{# The column, where filled, names a row of another model of the same organization. #}
{% test belongs(model, column, to, field) %}
select child.org_id, child.{{ column }}
from {{ model }} as child
left join {{ to }} as parent
    on parent.org_id = child.org_id and parent.{{ field }} = child.{{ column }}
where child.{{ column }} is not null and parent.{{ field }} is null
{% endtest %}
