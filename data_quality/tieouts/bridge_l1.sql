-- Recognised to collected: recognised + tax + tips + Δ liabilities − Δ AR − rounding + Δ (due to − due from),
-- from postings = payments less payouts that stayed, from their own tables. Cash moved without a sale is L3's; a refund that
-- left after its deposit was used waits in 1290. What the outside world took back later is charged against tenders
-- that had been collected, and is out on both sides.
select org_id, location_id, business_date, 'recognised to collected' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select posting.org_id, posting.location_id, posting.business_date,
        -posting.amount_minor as left_minor, 0 as right_minor
    from build.fct_posting as posting {scope:posting}
    where (
            posting.account_kind in ('revenue', 'liability')
            or posting.account in ('1100', '1290', '1900', '6005', '6020', '6030', '6040')
        )
        and posting.event not in (
            'tips_paid_out', 'over_short', 'cash_paid_in', 'cash_paid_out', 'cash_dropped', 'float_funded', 'cutover',
            'dispute_opened', 'dispute_won', 'dispute_lost', 'dispute_billed_again', 'processor_paid_out', 'checks_deposited',
            'cash_banked', 'check_returned', 'third_party_settled', 'third_party_refused', 'bank_line_unmatched',
            'bank_line_booked', 'processor_payout_failed', 'processor_line_booked'
        )
    union all
    select payment.org_id, payment.location_id, payment.business_date, 0, payment.amount_minor
    from build.fct_payment as payment {scope:payment}
    where payment.status = 'succeeded'
    union all
    select payout.org_id, payout.location_id, payout.business_date, 0, -payout.amount_minor
    from build.fct_payout as payout {scope:payout}
    where payout.status = 'succeeded' and payout.tender is not null
    union all
    select failure.org_id, failure.location_id, failure.business_date, 0, failure.amount_minor
    from build.stg_operational__refund_failure as failure {scope:failure}
) as both_sides
group by org_id, location_id, business_date
