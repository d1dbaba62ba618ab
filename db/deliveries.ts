// What the steps and the intake of deliveries read.
import { DEAL, ORDER_LINES } from './progress.js';

const LINES = `(select jsonb_agg(jsonb_build_object('lineId', dl.order_line_id,
    'quantityMicro', (dl.quantity * 1000000)::bigint::text)) from delivery_lines dl where dl.delivery_id = d.id)`;

export const RECORDED_DELIVERY = `jsonb_build_object('deal', ${DEAL}, 'delivery',
  (select jsonb_build_object('id', d.id, 'orderId', d.order_id, 'status', d.status,
      'deliveredOn', d.delivered_on, 'lines', ${LINES})
    from deliveries d join messages m on m.id = $2 and d.id = m.body ->> 'deliveryId'))`;

/** The longest time to supply what is still missing, in days. */
export const OVERDUE_DELIVERY = `jsonb_build_object('deal', ${DEAL}, 'leadDays',
  (select coalesce(max(p.lead_days), 0) from orders o join order_lines l on l.order_id = o.id
    join products p on p.id = l.product_id where o.lead_id = $1 and l.delivered < l.quantity))`;

/** The order at the door, with what was recorded (applied or not) in place of what was delivered. */
export const ORDER_AT_THE_DOOR = `select o.lead_id, o.status, o.number, o.ordered_on, e.zone, ${ORDER_LINES} as lines,
    (select coalesce(jsonb_object_agg(r.order_line_id, r.micro), '{}') from (
      select dl.order_line_id, (sum(dl.quantity) * 1000000)::bigint::text as micro
      from delivery_lines dl join deliveries d on d.id = dl.delivery_id
      where d.order_id = o.id and d.status <> 'refused' group by 1) r) as recorded,
    (select jsonb_build_object('id', d.id, 'bodyHash', encode(d.body_hash, 'hex'))
      from deliveries d where d.order_id = o.id and d.key = $2) as known
  from orders o join legal_entities e on e.id = o.entity_id where o.id = $1`;
