-- Cards that a provider keeps for a customer. Nothing of a card is here but what its owner is shown of it.
CREATE TABLE payment_methods (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    -- The customer whom the provider keeps the card under, where it keeps customers.
    customer_profile_id TEXT,
    payment_profile_id TEXT NOT NULL,
    last_four TEXT,
    card_type TEXT,
    expiration_month BIGINT,
    expiration_year BIGINT,
    billing_address TEXT,
    is_default BIGINT NOT NULL,
    is_active BIGINT NOT NULL,
    -- Where taking it out of the provider's vault stands: none, Waiting, Asked or Done.
    removal TEXT,
    -- The first use, which later ones by the merchant refer to.
    network_transaction_id TEXT,
    original_amount BIGINT,
    original_currency TEXT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- A card at a provider is one row here, however often it is saved.
    UNIQUE (organization_id, integration_id, payment_profile_id),
    CHECK (is_default = 0 OR is_active = 1),
    CHECK ((is_active = 1) = (removal IS NULL)),
    CHECK ((original_amount IS NULL) = (original_currency IS NULL))
);
CREATE INDEX payment_methods_customer ON payment_methods (organization_id, customer_id, created_at, id);
-- Two defaults at once cannot be, whoever raced whom.
CREATE UNIQUE INDEX payment_methods_default ON payment_methods (organization_id, customer_id)
    WHERE is_default = 1 AND is_active = 1;
