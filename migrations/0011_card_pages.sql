-- A provider's page on which a customer's card is typed to be kept; no money is taken on it, so that it is no payment.
CREATE TABLE card_pages (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL,
    reference TEXT NOT NULL,
    -- The provider's id; none until the provider answered.
    setup_id TEXT,
    validation_hash TEXT,
    return_url TEXT NOT NULL,
    is_default BIGINT NOT NULL,
    -- What was kept.
    payment_method_id TEXT,
    expires_at BIGINT NOT NULL,
    -- When the provider first said, after the window, that nothing was kept.
    nothing_since BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX card_pages_setup ON card_pages (provider, setup_id);
CREATE INDEX card_pages_open ON card_pages (created_at) WHERE status IN ('Created', 'Open');

-- Whether the card that a hosted payment is made with is kept afterwards, and what the network called that payment.
ALTER TABLE hosted_setups ADD COLUMN save_card BIGINT NOT NULL DEFAULT 0;
ALTER TABLE hosted_setups ADD COLUMN network_transaction_id TEXT;
-- Where the provider's page wants to be posted to, Kontor's own page does that; this finds it by what its address carries.
ALTER TABLE hosted_setups ADD COLUMN post_hash TEXT;
CREATE UNIQUE INDEX hosted_setups_post ON hosted_setups (post_hash) WHERE post_hash IS NOT NULL;
