-- Two-way sync with a company's books: where each integration stands, what of ours is what of theirs, what to look at.

CREATE TABLE sync_states (
    integration_id TEXT PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL,
    -- The books' id of the company; links hold for this one alone. Empty until it was asked for the first time.
    company TEXT NOT NULL,
    paused_at BIGINT,
    -- Why everything of it waits, JSON.
    held TEXT,
    -- Up to which place of the organization's chain of events it was planned what is to be written.
    planned BIGINT NOT NULL,
    -- Since when changes in the books are asked for, by their own time, and when that was done last.
    changes_since BIGINT NOT NULL,
    polled_at BIGINT NOT NULL,
    -- Where a comparison of the whole stands, JSON; none where none is under way.
    comparing TEXT,
    compared_at BIGINT,
    due_at BIGINT NOT NULL,
    -- When somebody asked for a turn; one that comes while a turn runs is another turn.
    asked_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    -- Who worked for it last, and until when: how often a company was asked is known there alone.
    served_by TEXT,
    served_at BIGINT NOT NULL,
    last_run_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX sync_states_due ON sync_states (due_at);
CREATE INDEX sync_states_company ON sync_states (company);

CREATE TABLE sync_links (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    local_id TEXT NOT NULL,
    label TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Grows with each reason to look at it again: what was written for an older one is not the last word.
    wanted BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    -- What makes a write the same write, and when that was first sent; written before it is sent.
    generation BIGINT NOT NULL,
    sent_at BIGINT,
    remote_id TEXT,
    remote_number TEXT,
    sync_token TEXT,
    remote_updated_at BIGINT,
    pushed_hash TEXT,
    -- What both sides had when they agreed last, JSON.
    agreed TEXT,
    -- What of money stands there, JSON.
    standing TEXT,
    failure TEXT,
    difference TEXT,
    -- When it was looked at last while the whole was compared.
    looked_at BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (integration_id, kind, local_id),
    CHECK (state IN ('Waiting', 'Sent', 'Synced', 'Failed', 'Gone', 'Dismissed'))
);
-- What stands in the books is one thing here.
CREATE UNIQUE INDEX sync_links_remote ON sync_links (integration_id, kind, remote_id) WHERE remote_id IS NOT NULL;
CREATE INDEX sync_links_due ON sync_links (integration_id, state, due_at);
CREATE INDEX sync_links_list ON sync_links (organization_id, integration_id, created_at, id);
CREATE INDEX sync_links_different ON sync_links (integration_id) WHERE difference IS NOT NULL;

-- What in the books is to be looked at: somebody said that it changed.
CREATE TABLE sync_inbox (
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    -- What went up in it, for a merge.
    merged TEXT,
    noticed BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (integration_id, kind, remote_id)
);
CREATE INDEX sync_inbox_due ON sync_inbox (integration_id, due_at);
