-- One row per object instead of one body per customer. Cards are read again; everything else stays.

-- The number of the last commit of each install. What was asked for before `valid_from` is of an install that began anew
-- since (another shop, another token), and is not stored. Rows outlive their install, so that a number never comes twice.
CREATE TABLE commits (
    install    TEXT PRIMARY KEY,
    number     BIGINT NOT NULL,
    valid_from BIGINT NOT NULL
);
INSERT INTO commits (install, number, valid_from) SELECT name, 1, 1 FROM installs;

-- `owner` is the customer; '' for a tombstone of which no webhook said whose it was. `body` is NULL in a tombstone. `stamp`
-- and `updated` are the provider's own times. `deletion` is the receipt of a webhook that said it was deleted.
CREATE TABLE records (
    install   TEXT NOT NULL REFERENCES installs (name),
    kind      TEXT NOT NULL,
    id        TEXT NOT NULL,
    owner     TEXT NOT NULL,
    body      BLOB,
    stamp     BIGINT,
    updated   BIGINT,
    committed BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    source    TEXT NOT NULL,
    deletion  BIGINT,
    PRIMARY KEY (install, kind, id)
);
CREATE INDEX records_by_owner ON records (install, owner);
CREATE INDEX records_without_owner ON records (at) WHERE owner = '';

-- How complete and up to date a customer's records are. `changed` is the commit of the last change of anything of theirs;
-- `read_began` and `read_at` are of the last complete read; `marked` is the commit of the last thing that the records may
-- lack. `used_at` decides how long they are kept.
CREATE TABLE customers (
    install    TEXT NOT NULL REFERENCES installs (name),
    customer   TEXT NOT NULL,
    changed    BIGINT NOT NULL,
    read_began BIGINT,
    read_at    BIGINT,
    marked     BIGINT NOT NULL,
    recheck_at BIGINT,
    missing    TEXT NOT NULL,
    gone_since BIGINT,
    email      TEXT,
    used_at    BIGINT NOT NULL,
    PRIMARY KEY (install, customer)
);
CREATE INDEX customers_by_change ON customers (install, changed);
CREATE INDEX customers_by_age ON customers (used_at);

-- Keyed fingerprints that lead to customers. `origin` is `record` (an address or a Shopify id on the customer's own record)
-- or `asked` (the provider named the customer when it was asked about this).
CREATE TABLE customer_keys (
    install  TEXT NOT NULL REFERENCES installs (name),
    key      TEXT NOT NULL,
    customer TEXT NOT NULL,
    origin   TEXT NOT NULL,
    PRIMARY KEY (install, key, customer, origin)
);
CREATE INDEX customer_keys_by_customer ON customer_keys (install, customer);

-- What the provider was asked about, and when: only then "nobody else" is known. `spellings` are keyed fingerprints.
CREATE TABLE asked (
    install   TEXT NOT NULL REFERENCES installs (name),
    key       TEXT NOT NULL,
    began     BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    spellings TEXT NOT NULL,
    PRIMARY KEY (install, key)
);
CREATE INDEX asked_by_age ON asked (at);

-- Keyed fingerprints of the ids of people who were erased: until then nothing brings them back.
CREATE TABLE erased (
    install     TEXT NOT NULL,
    key         TEXT NOT NULL,
    valid_until BIGINT NOT NULL,
    PRIMARY KEY (install, key)
);
CREATE INDEX erased_by_age ON erased (valid_until);

-- The commit that received a webhook, and the address that made an automatic link, as a keyed fingerprint. What waits was
-- received before the first commit.
ALTER TABLE inbox ADD COLUMN receipt BIGINT NOT NULL DEFAULT 1;
ALTER TABLE links ADD COLUMN made_for TEXT;

DROP TABLE belongings;
DROP TABLE snapshots;
DROP TABLE resolution_customers;
DROP TABLE resolutions;
