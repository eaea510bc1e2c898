-- Runs that put the subscriptions of a workspace's installs on timelines, all at once. Installs are read by name, and each
-- in the order in which its subscriptions began: `install` is the one that is being read, those before it are done;
-- `reached` is when the last one began that is done, and `passed` how many are done that began at that very time. `klass`
-- is where the objects are. `stocked`: what stood there before the run is known; `careful`: it could not be learned, so that
-- every object is looked for before it is made. `counts` is JSON.
CREATE TABLE backfills (
    number        BIGINT PRIMARY KEY,
    workspace     TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    klass         TEXT NOT NULL,
    changed_since BIGINT,
    only_active   BIGINT NOT NULL,
    most          BIGINT,
    total         BIGINT NOT NULL,
    began_at      BIGINT NOT NULL,
    ended_at      BIGINT,
    undone_at     BIGINT,
    stocked       BIGINT NOT NULL,
    careful       BIGINT NOT NULL,
    install       TEXT,
    reached       BIGINT,
    passed        BIGINT NOT NULL,
    counts        TEXT NOT NULL
);

-- Objects that a run is about to write: nobody else writes them meanwhile, and what became of them is to be looked for if
-- the run dies. `bulk` is what Kustomer calls the request that makes them, once it said so.
CREATE TABLE backfill_claims (
    workspace   TEXT NOT NULL,
    external_id TEXT NOT NULL,
    run         BIGINT NOT NULL REFERENCES backfills (number) ON DELETE CASCADE,
    at          BIGINT NOT NULL,
    bulk        TEXT,
    PRIMARY KEY (workspace, external_id)
);

-- The run that made an object, if one did.
ALTER TABLE objects ADD COLUMN backfill BIGINT;
CREATE INDEX objects_by_backfill ON objects (backfill) WHERE backfill IS NOT NULL;
