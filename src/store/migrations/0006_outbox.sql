-- What stands on helpdesks' timelines, or could not be put there: one row per workspace and external id. `customer` is
-- the provider's; `object` and `owner` are the helpdesk's ids of the object and of the customer that it stands on.
-- `mark` and `seen` are keyed digests, of what was written and of the subscription that it was made of; `stamp` and
-- `updated` are that subscription's times. Without references: what is to be removed at a helpdesk outlives workspaces.
CREATE TABLE objects (
    workspace   TEXT NOT NULL,
    external_id TEXT NOT NULL,
    install     TEXT NOT NULL,
    customer    TEXT NOT NULL,
    object      TEXT,
    owner       TEXT,
    mark        TEXT NOT NULL,
    seen        TEXT NOT NULL,
    stamp       BIGINT,
    updated     BIGINT,
    at          BIGINT NOT NULL,
    PRIMARY KEY (workspace, external_id)
);
CREATE INDEX objects_by_customer ON objects (install, customer);
CREATE INDEX objects_by_external_id ON objects (external_id);

-- Whose subscriptions stand on timelines, by address: whoever asks to be forgotten is found also when no card is kept.
CREATE TABLE object_customers (
    install  TEXT NOT NULL,
    customer TEXT NOT NULL,
    email    TEXT NOT NULL,
    PRIMARY KEY (install, customer)
);
CREATE INDEX object_customers_by_email ON object_customers (install, email);

-- What is to be told to helpdesks: the last word for each external id, so that one is never overtaken by another. `task` is
-- `put` (with a body), `read` (ask the provider for the customer first) or `remove`. Parked is what has a reason.
CREATE TABLE outbox (
    workspace   TEXT NOT NULL,
    external_id TEXT NOT NULL,
    number      BIGINT NOT NULL UNIQUE,
    install     TEXT NOT NULL,
    customer    TEXT NOT NULL,
    task        TEXT NOT NULL,
    body        BLOB,
    object      TEXT,
    seen        TEXT,
    stamp       BIGINT,
    updated     BIGINT,
    queued_at   BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    parked      TEXT,
    PRIMARY KEY (workspace, external_id)
);
CREATE INDEX outbox_by_turn ON outbox (workspace, number) WHERE parked IS NULL;
CREATE INDEX outbox_by_customer ON outbox (install, customer);

-- How telling goes, per workspace. Since `refused_at` the helpdesk refuses the workspace's key.
CREATE TABLE timelines (
    workspace  TEXT PRIMARY KEY,
    refused_at BIGINT,
    trouble    TEXT,
    trouble_at BIGINT,
    pushed_at  BIGINT
);

-- Settings of workspaces that were removed, for as long as something of theirs is to be removed at the helpdesk.
CREATE TABLE former_workspaces (
    id         TEXT PRIMARY KEY,
    helpdesk   TEXT NOT NULL,
    settings   BLOB NOT NULL,
    removed_at BIGINT NOT NULL
);
