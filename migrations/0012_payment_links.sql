-- Addresses of Kontor's own pages on which whoever has one can see and pay one invoice. The address itself is not here.
CREATE TABLE payment_links (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    invoice_id TEXT NOT NULL REFERENCES invoices (id),
    token_hash TEXT NOT NULL UNIQUE,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX payment_links_invoice ON payment_links (invoice_id);
