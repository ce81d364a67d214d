-- Refunds. Rows are added; of an existing one only the state and what came with it change.

CREATE TABLE refunds (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    status TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    reason TEXT,
    reopen_invoice BIGINT NOT NULL,
    -- What the provider is asked to do; nothing for money that came in outside any provider.
    operation TEXT,
    provider_reference TEXT NOT NULL,
    provider_transaction_id TEXT,
    -- When the provider first said, after its own limit, that it knows of no such refund.
    nothing_since BIGINT,
    failure TEXT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, provider_reference)
);
CREATE INDEX refunds_payment ON refunds (payment_id, created_at, id);
CREATE INDEX refunds_open ON refunds (created_at) WHERE status IN ('Submitted', 'AwaitingSettlement', 'Unknown');

-- Out of which places of the payment a refund comes, decided when it is written down. Without an application it is
-- out of what lies on no invoice.
CREATE TABLE refund_parts (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    refund_id TEXT NOT NULL REFERENCES refunds (id),
    payment_id TEXT NOT NULL REFERENCES payments (id),
    application_id TEXT REFERENCES payment_applications (id),
    invoice_id TEXT REFERENCES invoices (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    created_at BIGINT NOT NULL,
    CHECK ((application_id IS NULL) = (invoice_id IS NULL))
);
CREATE INDEX refund_parts_payment ON refund_parts (payment_id);
CREATE INDEX refund_parts_refund ON refund_parts (refund_id);

-- Of what was refunded, what lay on no invoice; the rest lies on invoices as their own refunds.
ALTER TABLE payments ADD COLUMN refunded_credit BIGINT NOT NULL DEFAULT 0;

-- What a request with a key has written down, from the moment at which a provider may be asked for it: such a key is
-- never free again, and its answer is made of how that ended.
ALTER TABLE idempotency ADD COLUMN subject TEXT;
