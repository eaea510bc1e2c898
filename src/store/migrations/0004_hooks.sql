-- The addresses for hooks that are ours at the providers. `seen_at` is when the provider listed it last.
CREATE TABLE hooks (
    install    TEXT NOT NULL REFERENCES installs (name),
    id         TEXT NOT NULL,
    topic      TEXT NOT NULL,
    address    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    PRIMARY KEY (install, id)
);

-- What the last look at an install's hooks came to. `basis` is what it was done with; other words mean another look.
CREATE TABLE registrations (
    install    TEXT PRIMARY KEY REFERENCES installs (name),
    basis      TEXT NOT NULL,
    checked_at BIGINT NOT NULL,
    problem    TEXT,
    sidecards  BIGINT NOT NULL,
    others     BIGINT NOT NULL
);

-- Topics of which there is something to say: why a topic has no hook, and when its last one had vanished.
CREATE TABLE hook_topics (
    install TEXT NOT NULL REFERENCES installs (name),
    topic   TEXT NOT NULL,
    missing TEXT,
    lost_at BIGINT,
    PRIMARY KEY (install, topic)
);

-- A time from which hooks may be missing, one per install: cards from before its end are not fresh. `number` names this
-- extent of it; `list` and `place` say how far what changed in it has been read.
CREATE TABLE gaps (
    install   TEXT PRIMARY KEY REFERENCES installs (name),
    number    BIGINT NOT NULL,
    began_at  BIGINT NOT NULL,
    ended_at  BIGINT NOT NULL,
    deletions BIGINT NOT NULL,
    list      TEXT,
    place     TEXT,
    pages     BIGINT NOT NULL,
    swept     BIGINT NOT NULL
);

-- Who does something that is to be done once, and until when.
CREATE TABLE leases (
    name        TEXT PRIMARY KEY,
    holder      TEXT NOT NULL,
    valid_until BIGINT NOT NULL
);
