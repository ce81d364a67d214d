-- Charges of saved cards, and what is done with a payment afterwards.

-- Which saved card was charged.
ALTER TABLE payments ADD COLUMN payment_method_id TEXT;
-- What was to be held, for a payment that is to be captured later. What is captured then is its amount.
ALTER TABLE payments ADD COLUMN authorized BIGINT;
-- When the provider first said, after its own limit, that it knows of no such charge.
ALTER TABLE payments ADD COLUMN nothing_since BIGINT;

-- What holds an amount at the provider is looked after too: it may run out there.
DROP INDEX payments_open;
CREATE INDEX payments_open ON payments (created_at) WHERE status IN ('Created', 'Submitted', 'Unknown', 'Authorized');

-- Captures and voids. Rows are added; of an existing one only the state and what came with it change.
CREATE TABLE payment_actions (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    provider_reference TEXT NOT NULL,
    provider_transaction_id TEXT,
    failure TEXT,
    nothing_since BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, provider_reference)
);
CREATE INDEX payment_actions_payment ON payment_actions (payment_id, created_at, id);
CREATE UNIQUE INDEX payment_actions_open ON payment_actions (payment_id) WHERE status IN ('Submitted', 'Unknown');

-- Applications that a void took out of their invoice, each once and whole.
CREATE TABLE application_reversals (
    application_id TEXT PRIMARY KEY REFERENCES payment_applications (id),
    organization_id TEXT NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    invoice_id TEXT NOT NULL REFERENCES invoices (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    created_at BIGINT NOT NULL
);
CREATE INDEX application_reversals_payment ON application_reversals (payment_id);
