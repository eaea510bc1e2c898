-- Hooks that were acknowledged: until they are applied, or, parked, for some days. `digest` is keyed, of topic and body:
-- what comes twice while it waits is one row, which `number` moves to the end of the line. Parked is what has a reason.
CREATE TABLE inbox (
    install     TEXT NOT NULL REFERENCES installs (name),
    digest      TEXT NOT NULL,
    number      BIGINT NOT NULL UNIQUE,
    topic       TEXT NOT NULL,
    body        BLOB NOT NULL,
    received_at BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    parked      TEXT,
    PRIMARY KEY (install, digest)
);
CREATE INDEX inbox_by_turn ON inbox (number) WHERE parked IS NULL;

-- What has come in of each topic, and when something of it was applied last.
CREATE TABLE hook_deliveries (
    install      TEXT NOT NULL REFERENCES installs (name),
    topic        TEXT NOT NULL,
    last_at      BIGINT NOT NULL,
    received     BIGINT NOT NULL,
    last_applied BIGINT,
    PRIMARY KEY (install, topic)
);
