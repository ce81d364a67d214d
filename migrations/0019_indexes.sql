-- What the busiest statements look for, so that none of them reads what was there before: what open payments hold back of an
-- invoice, and the events of an organization that were not linked yet, in their order.
CREATE INDEX payments_reserving ON payments (invoice_id) WHERE reserved > 0;
DROP INDEX events_unlinked;
CREATE INDEX events_unlinked ON events (organization_id, created_at, id) WHERE position IS NULL;
