-- Our payments and refunds against the provider's own record of them, day by day (UTC).

-- Who is reconciling an integration now, and through which day it was done: one run of an integration at a time.
CREATE TABLE reconciliation_runs (
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    lease_owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    through TEXT,
    finished_at BIGINT,
    PRIMARY KEY (organization_id, integration_id)
);

-- How a day stands, by its last run. A day of which the provider could not tell is NotReconciled, and says why.
CREATE TABLE reconciliation_days (
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    day TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    -- Per currency: how many payments and refunds, and how much, on both sides. JSON.
    sums TEXT NOT NULL,
    -- How many payments and refunds of the day have yet to end here.
    unfinished BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, integration_id, day)
);
CREATE INDEX reconciliation_days_day ON reconciliation_days (organization_id, day);

-- What the two sides do not agree on. Never deleted: one that is over says how it ended.
CREATE TABLE reconciliation_differences (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    -- What it is about: a payment, a refund, or a transaction that nothing here knows.
    subject TEXT NOT NULL,
    payment_id TEXT,
    refund_id TEXT,
    transaction_id TEXT,
    reference TEXT,
    amount_here BIGINT,
    amount_there BIGINT,
    currency TEXT NOT NULL,
    state_here TEXT,
    state_there TEXT,
    first_seen_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_by TEXT,
    ended_how TEXT,
    version BIGINT NOT NULL,
    UNIQUE (organization_id, integration_id, subject)
);
CREATE INDEX reconciliation_differences_day ON reconciliation_differences (organization_id, day, id);
CREATE INDEX reconciliation_differences_open ON reconciliation_differences (organization_id) WHERE status = 'Open';

-- The batches that transactions settled in. Some providers use an id again another day.
CREATE TABLE settlement_batches (
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    day TEXT NOT NULL,
    settled_at BIGINT,
    charged BIGINT,
    refunded BIGINT,
    currency TEXT NOT NULL,
    complete BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, integration_id, batch_id, day)
);
CREATE INDEX settlement_batches_day ON settlement_batches (organization_id, day);

-- In which batch a payment or a refund settled, and when, as far as the provider says.
ALTER TABLE payments ADD COLUMN batch_id TEXT;
ALTER TABLE payments ADD COLUMN settled_at BIGINT;
ALTER TABLE refunds ADD COLUMN batch_id TEXT;
ALTER TABLE refunds ADD COLUMN settled_at BIGINT;
CREATE INDEX payments_of_integration ON payments (organization_id, integration_id, created_at);
