-- TEXT, BIGINT and BYTEA only: these decode alike on SQLite and PostgreSQL.
-- Times are microseconds since 1970, money is minor units, flags are 0 or 1, JSON is TEXT.
-- Rows of the money path do not reference organizations or customers: on PostgreSQL each such insert would
-- lock the one parent row in share mode, and concurrent payments would meet there for nothing.

CREATE TABLE organizations (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    return_urls TEXT NOT NULL,
    next_invoice BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    customer_number TEXT,
    client_id TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);
CREATE INDEX api_keys_organization ON api_keys (organization_id, created_at);

-- The key-encryption key that this database was sealed under, by fingerprint.
CREATE TABLE keks (
    fingerprint TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE TABLE deks (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id BIGINT NOT NULL,
    kek_fingerprint TEXT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE integrations (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    integration_type BIGINT NOT NULL,
    provider TEXT NOT NULL,
    display_name TEXT NOT NULL,
    is_enabled BIGINT NOT NULL,
    configuration TEXT NOT NULL,
    test_status TEXT NOT NULL,
    last_tested_at BIGINT,
    connection_status TEXT NOT NULL,
    created_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX integrations_organization ON integrations (organization_id, created_at);

CREATE TABLE integration_secrets (
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    version BIGINT NOT NULL,
    record BYTEA NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, integration_id, field)
);

CREATE TABLE customers (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    customer_number TEXT NOT NULL,
    company_name TEXT NOT NULL,
    company_email TEXT,
    company_phone TEXT,
    active BIGINT NOT NULL,
    terms TEXT,
    currency TEXT NOT NULL,
    external_id TEXT,
    addresses TEXT NOT NULL,
    contacts TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, customer_number)
);
CREATE INDEX customers_organization ON customers (organization_id, created_at, id);

CREATE TABLE invoices (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    invoice_number TEXT NOT NULL,
    order_number TEXT,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    customer_number TEXT NOT NULL,
    status TEXT NOT NULL,
    invoice_date TEXT NOT NULL,
    due_date TEXT,
    terms TEXT,
    currency TEXT NOT NULL,
    po_number TEXT,
    notes TEXT,
    items TEXT NOT NULL,
    subtotal BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    shipping BIGINT NOT NULL,
    total BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    reopened BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, invoice_number),
    -- The balance is never negative, whatever the code above believes (money.md, invariant 2).
    CHECK (paid >= 0 AND reopened >= 0 AND refunded >= reopened AND total >= 0),
    CHECK (total - paid + reopened >= 0)
);
CREATE INDEX invoices_organization ON invoices (organization_id, created_at, id);
CREATE INDEX invoices_customer ON invoices (organization_id, customer_number, created_at, id);

CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    status TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    invoice_id TEXT REFERENCES invoices (id),
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    reserved BIGINT NOT NULL,
    method TEXT NOT NULL,
    provider TEXT,
    integration_id TEXT,
    provider_transaction_id TEXT,
    provider_reference TEXT NOT NULL,
    reference TEXT,
    received_at BIGINT,
    transaction_setup_id TEXT,
    applied BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    authorization_code TEXT,
    avs_result TEXT,
    cvv_result TEXT,
    failure TEXT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, provider_reference),
    CHECK (amount > 0 AND applied >= 0 AND applied <= amount),
    CHECK (refunded >= 0 AND refunded <= amount),
    CHECK (reserved >= 0 AND reserved <= amount)
);
CREATE INDEX payments_organization ON payments (organization_id, created_at, id);
CREATE INDEX payments_invoice ON payments (invoice_id);
CREATE INDEX payments_customer ON payments (organization_id, customer_number, created_at, id);
CREATE INDEX payments_open ON payments (created_at) WHERE status IN ('Created', 'Submitted', 'Unknown');
-- One transaction at a provider is one payment here, whoever reports it and however often.
CREATE UNIQUE INDEX payments_transaction ON payments (organization_id, integration_id, provider_transaction_id)
    WHERE provider_transaction_id IS NOT NULL;

CREATE TABLE payment_applications (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    invoice_id TEXT NOT NULL REFERENCES invoices (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    created_at BIGINT NOT NULL
);
CREATE INDEX payment_applications_payment ON payment_applications (payment_id);
CREATE INDEX payment_applications_invoice ON payment_applications (invoice_id);

-- One row per call to a provider. The intent is the payment's own row and job, written before the call.
CREATE TABLE payment_attempts (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    operation TEXT NOT NULL,
    reference TEXT NOT NULL,
    outcome TEXT NOT NULL,
    facts TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX payment_attempts_payment ON payment_attempts (payment_id, created_at);

CREATE TABLE hosted_setups (
    payment_id TEXT PRIMARY KEY REFERENCES payments (id),
    organization_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    setup_id TEXT,
    validation_hash TEXT,
    hosted_url TEXT,
    return_url TEXT NOT NULL,
    is_default BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    superseded_at BIGINT,
    -- When the provider first said, after the window, that nothing was paid.
    nothing_since BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX hosted_setups_setup ON hosted_setups (provider, setup_id);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    lease_owner TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, kind, subject)
);
CREATE INDEX jobs_due ON jobs (run_at);

CREATE TABLE idempotency (
    organization_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    status BIGINT,
    headers TEXT,
    body BYTEA,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, scope, idempotency_key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Written unchained in the caller's transaction, so that payments of one organization do not queue for
-- one row; linked into the chain a moment later, in the order in which they are found.
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT,
    hash TEXT
);
CREATE INDEX events_subject ON events (organization_id, subject, created_at);
CREATE UNIQUE INDEX events_position ON events (organization_id, position) WHERE position IS NOT NULL;
CREATE INDEX events_unlinked ON events (created_at) WHERE position IS NULL;

CREATE TABLE event_heads (
    organization_id TEXT PRIMARY KEY,
    position BIGINT NOT NULL,
    hash TEXT NOT NULL
);

-- organization_id is '' where nobody could be named, such as a callback for an unknown setup.
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    address TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX audit_organization ON audit (organization_id, created_at);
