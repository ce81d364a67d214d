-- Auto-pay: whose invoices are charged by themselves, and how far each of them got.

CREATE TABLE auto_pay (
    organization_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    is_enabled BIGINT NOT NULL,
    -- Who agreed, to which words, when, written down by whom; earlier ones are in the audit rows.
    accepted_by TEXT,
    consent_text TEXT,
    consented_at BIGINT,
    recorded_by TEXT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, customer_id),
    CHECK (is_enabled = 0 OR (accepted_by IS NOT NULL AND consent_text IS NOT NULL AND consented_at IS NOT NULL))
);

CREATE TABLE auto_pay_charges (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    invoice_id TEXT NOT NULL REFERENCES invoices (id),
    status TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    -- The latest attempt; written in the transaction that writes that payment down.
    payment_id TEXT REFERENCES payments (id),
    reason TEXT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- Never twice for one invoice.
    UNIQUE (organization_id, invoice_id),
    CHECK (status <> 'Charging' OR payment_id IS NOT NULL)
);
CREATE INDEX auto_pay_charges_listed ON auto_pay_charges (organization_id, created_at, id);
CREATE INDEX auto_pay_charges_customer ON auto_pay_charges (organization_id, customer_id, created_at, id);
CREATE INDEX auto_pay_charges_payment ON auto_pay_charges (organization_id, payment_id);
