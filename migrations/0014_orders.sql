-- Orders: what a customer wants, before it is invoiced; and which invoice was made of which order.

ALTER TABLE organizations ADD COLUMN next_order BIGINT NOT NULL DEFAULT 1;

CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    order_number TEXT NOT NULL,
    -- The id in the merchant's own system: sent again, it is the same order.
    external_id TEXT,
    po_number TEXT,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    customer_number TEXT NOT NULL,
    status TEXT NOT NULL,
    terms TEXT,
    notes TEXT,
    currency TEXT NOT NULL,
    items TEXT NOT NULL,
    subtotal BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    shipping BIGINT NOT NULL,
    total BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, order_number),
    UNIQUE (organization_id, external_id),
    CHECK (status IN ('Pending', 'Confirmed', 'Processing', 'Shipped', 'Completed', 'Cancelled')),
    CHECK (subtotal >= 0 AND tax >= 0 AND shipping >= 0 AND total = subtotal + tax + shipping)
);
CREATE INDEX orders_organization ON orders (organization_id, created_at, id);
CREATE INDEX orders_customer ON orders (organization_id, customer_number, created_at, id);

ALTER TABLE invoices ADD COLUMN order_id TEXT REFERENCES orders (id);
-- An order is invoiced once: only when that invoice was taken back may there be another one.
CREATE UNIQUE INDEX invoices_order_live ON invoices (organization_id, order_id)
    WHERE order_id IS NOT NULL AND status NOT IN ('Voided', 'Cancelled');
CREATE INDEX invoices_order ON invoices (organization_id, order_id, created_at, id);
