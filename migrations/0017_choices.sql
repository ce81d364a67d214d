-- What a setting may name of a connected company's own lists: its accounts, items and tax codes, as they were last read.

CREATE TABLE integration_choices (
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    -- JSON: id, name and kind of each, by name.
    choices TEXT NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (integration_id, list)
);
