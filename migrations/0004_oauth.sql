-- Somebody's way to a provider's consent and back. It is taken once: whoever sets used_at has it. What the
-- exchange proves itself with is sealed beside it (integration_secrets, oauth-verifier).
CREATE TABLE oauth_consents (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    asked_by TEXT NOT NULL,
    caller_state TEXT,
    redirect_uri TEXT NOT NULL,
    used_at BIGINT,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX oauth_consents_integration ON oauth_consents (integration_id, created_at);
CREATE INDEX oauth_consents_expiry ON oauth_consents (expires_at);

-- What a consent brought. The tokens are sealed (integration_secrets, oauth-token).
CREATE TABLE oauth_grants (
    integration_id TEXT PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL,
    -- What the provider said of the account, JSON; stays when the tokens are gone, to notice another account.
    account TEXT NOT NULL,
    -- Grows with each attempt to renew and with each consent: only its holder may store a result.
    epoch BIGINT NOT NULL,
    -- Grows with each access token.
    token_version BIGINT NOT NULL,
    access_expires_at BIGINT NOT NULL,
    can_refresh BIGINT NOT NULL,
    refresh_expires_at BIGINT,
    -- When the consent itself ends, however often it is renewed.
    ends_at BIGINT,
    -- Until then the holder of the epoch may be waiting for the provider's answer.
    lease_until BIGINT NOT NULL,
    -- The oldest renewal that was sent and whose answer is not known; written before it is sent.
    attempted_at BIGINT,
    failures BIGINT NOT NULL,
    retry_at BIGINT NOT NULL,
    warned_at BIGINT,
    refreshed_at BIGINT NOT NULL,
    connected_by TEXT NOT NULL,
    connected_at BIGINT NOT NULL
);

-- A token on its way to being taken back at its provider. Its integration may be gone by then, so it is sealed on
-- its own, with no more than that one call needs. The row goes when it was taken back, or when that was given up.
CREATE TABLE oauth_revocations (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    configuration TEXT NOT NULL,
    record BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX oauth_revocations_organization ON oauth_revocations (organization_id);
