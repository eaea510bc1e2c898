-- Times are microseconds since 1970, UTC. Yes and no are 1 and 0. Every BLOB is sealed (seal.rs), and listed in
-- columns.rs. A column called `profile`, `subject`, `email` or `login` holds a keyed fingerprint, never the text.

-- What the store knows of itself.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

-- `changes` is raised with every change that other processes have to see.
CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('changes', 0);

CREATE TABLE installs (
    name                   TEXT PRIMARY KEY,
    provider               TEXT NOT NULL,
    shop                   TEXT NOT NULL,
    shop_verified          BIGINT NOT NULL,
    links_confirmed        BIGINT NOT NULL,
    contact                BLOB,
    customer_link          TEXT,
    subscription_link      TEXT,
    hook_id                TEXT NOT NULL UNIQUE,
    token                  BLOB NOT NULL,
    token_replaced_at      BIGINT NOT NULL,
    client_secret          BLOB,
    previous_client_secret BLOB,
    reconnect_since        BIGINT,
    scopes                 TEXT NOT NULL,
    zone                   TEXT,
    currency               TEXT,
    portal                 TEXT,
    own_shop               TEXT,
    created_at             BIGINT NOT NULL,
    updated_at             BIGINT NOT NULL
);

CREATE TABLE workspaces (
    id              TEXT PRIMARY KEY,
    helpdesk        TEXT NOT NULL,
    name            TEXT,
    settings        BLOB NOT NULL,
    frame_ancestors TEXT NOT NULL,
    longest_expiry  BIGINT NOT NULL,
    enabled         BIGINT NOT NULL,
    secret          BLOB NOT NULL,
    previous_secret BLOB,
    previous_until  BIGINT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);

CREATE TABLE workspace_installs (
    workspace TEXT NOT NULL REFERENCES workspaces (id),
    install   TEXT NOT NULL REFERENCES installs (name),
    place     BIGINT NOT NULL,
    PRIMARY KEY (workspace, install)
);
CREATE INDEX workspace_installs_by_install ON workspace_installs (install);

-- A profile is a helpdesk's own, so links belong to a workspace; `customer` is NULL where an agent unlinked.
CREATE TABLE links (
    install   TEXT NOT NULL REFERENCES installs (name),
    workspace TEXT NOT NULL REFERENCES workspaces (id),
    profile   TEXT NOT NULL,
    customer  TEXT,
    kind      TEXT NOT NULL,
    made_by   TEXT,
    at        BIGINT NOT NULL,
    PRIMARY KEY (install, workspace, profile)
);
CREATE INDEX links_by_customer ON links (install, customer);

CREATE TABLE snapshots (
    install     TEXT NOT NULL REFERENCES installs (name),
    customer    TEXT NOT NULL,
    body        BLOB NOT NULL,
    email       TEXT,
    as_of       BIGINT NOT NULL,
    dirty_since BIGINT,
    version     BIGINT NOT NULL,
    PRIMARY KEY (install, customer)
);
CREATE INDEX snapshots_by_email ON snapshots (install, email);
CREATE INDEX snapshots_by_age ON snapshots (as_of);

-- Whose a subscription or a charge is: a webhook does not always say it.
CREATE TABLE belongings (
    install  TEXT NOT NULL REFERENCES installs (name),
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL,
    customer TEXT NOT NULL,
    PRIMARY KEY (install, kind, id)
);
CREATE INDEX belongings_by_customer ON belongings (install, customer);

CREATE TABLE resolutions (
    install TEXT NOT NULL REFERENCES installs (name),
    subject TEXT NOT NULL,
    body    BLOB NOT NULL,
    as_of   BIGINT NOT NULL,
    PRIMARY KEY (install, subject)
);
CREATE INDEX resolutions_by_age ON resolutions (as_of);

-- Which customers a resolution names, so that one person can be erased.
CREATE TABLE resolution_customers (
    install  TEXT NOT NULL,
    subject  TEXT NOT NULL,
    customer TEXT NOT NULL,
    PRIMARY KEY (install, subject, customer),
    FOREIGN KEY (install, subject) REFERENCES resolutions (install, subject)
);
CREATE INDEX resolution_customers_by_customer ON resolution_customers (install, customer);

-- `variant` is '' for a picture of the whole product.
CREATE TABLE images (
    install TEXT NOT NULL REFERENCES installs (name),
    product TEXT NOT NULL,
    variant TEXT NOT NULL,
    url     TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (install, product, variant)
);
CREATE INDEX images_by_age ON images (install, seen_at);

CREATE TABLE people (
    id         TEXT PRIMARY KEY,
    login      TEXT NOT NULL UNIQUE,
    body       BLOB NOT NULL,
    role       TEXT NOT NULL,
    password   BLOB,
    totp       BLOB,
    disabled   BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- `token` is the SHA-256 of what the browser holds.
CREATE TABLE sessions (
    token      TEXT PRIMARY KEY,
    person     TEXT NOT NULL REFERENCES people (id),
    created_at BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    expires    BIGINT NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (person);

-- Without a person: for the first owner.
CREATE TABLE setup_links (
    token       TEXT PRIMARY KEY,
    person      TEXT REFERENCES people (id),
    valid_until BIGINT NOT NULL,
    used_at     BIGINT
);

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     BIGINT NOT NULL,
    who    TEXT NOT NULL,
    action TEXT NOT NULL,
    kind   TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_by_age ON audit (at);

CREATE TABLE calls (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace   TEXT NOT NULL REFERENCES workspaces (id),
    at          BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    verdict     TEXT NOT NULL,
    outcome     TEXT,
    duration_ms BIGINT NOT NULL,
    cause       TEXT
);
CREATE INDEX calls_by_workspace ON calls (workspace, id);
