//! What outlives a request: installs, workspaces, links, records of customers, people and what they did.
//!
//! Lookups describe what they need kept by traits of their own; the composition root plugs this into them, so that
//! neither knows the other.
//!
//! # The store
//!
//! ```no_run
//! # async fn example(now: sidecard::domain::day::Instant) -> Result<(), Box<dyn std::error::Error>> {
//! use sidecard::store::{KeyRing, Store};
//! let keys = KeyRing::read("sidecard.keys".as_ref())?;
//! let store = Store::open("sqlite://sidecard.db", keys, now).await?;
//! for access in store.all_access(now).await? {
//!     println!("{} may ask {} installs", access.workspace.id, access.installs.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! One SQLite file in WAL mode. One connection writes, a few read; another process (the CLI) may write too. A [`Store`]
//! is cheap to clone. Time is an argument; nothing here reads a clock. Whatever is secret or personal is sealed before it
//! reaches SQLite ([`KeyRing`]; layout in `seal.rs`), and found again by a keyed fingerprint.
//!
//! | file | does |
//! |---|---|
//! | `open` | [`Store::open`], [`Store::close`] |
//! | `keys`, `seal` | [`KeyRing::read`], [`KeyRing::new_line`]; sealing and opening; [`Opened`], [`SealError`] |
//! | `meta` | [`Store::changes`], [`Store::erasures`], [`Store::fingerprint_key`] |
//! | `installs` | [`Store::add_install`], `installs`, `install`, `install_by_hook`, `set_install`, `replace_token`, `mark_reconnect`, `mark_ok`, `remove_install` |
//! | `workspaces` | [`Store::add_workspace`], `workspaces`, `workspace`, `set_workspace`, `rotate_secret`, `remove_workspace` |
//! | `access` | [`Store::access`], [`Store::all_access`] |
//! | `links` | [`Store::link`], `link_of`, `remove_links`, `release_links` |
//! | `records` | [`Store::observe`], `known`, `subject`, `owner_of`, `commit_number`, `changed_since` |
//! | `inbox` | [`Store::receive_hooks`], `waiting_hooks`, `set_hooks_aside`, `inbox_depth`, `parked` |
//! | `hook_deliveries` | [`Store::hook_deliveries`] |
//! | `hooks` | [`Store::hooks`], `record_hook`, `forget_hook`: the addresses that are ours; [`Store::registration`], `hook_topics` |
//! | `gaps` | [`Store::beat`], [`Store::open_gap`], `gaps`, `advance_gap`, `close_gap`: when hooks may have been missed |
//! | `leases` | [`Store::lease`], `end_lease`: what one process at a time does |
//! | `objects` | [`Store::object`], `objects`, `objects_of`, `keep_objects`: what stands on helpdesks' timelines |
//! | `outbox` | [`Store::outbox`], `outbox_due`, `settle_entry`, `delay_entry`, `park_entry`, `retry_parked`: what helpdesks are to be told |
//! | `timelines` | [`Store::timeline`]: how telling goes |
//! | `former` | what is no longer a workspace's goes from its timelines; [`Store::former_workspace`] |
//! | `backfills` | [`Store::begin_backfill`], `backfills`, `advance_backfill`; what a run claims, keeps and has made |
//! | `images` | [`Store::remember_images`], `image` |
//! | `people`, `sessions` | [`Store::add_person`] …, [`Store::begin_session`] …, [`Store::make_setup_link`] … |
//! | `audit`, `calls` | [`Store::audit`], `audit_page`, `audit_after`; [`Store::record_calls`], `calls_of` |
//! | `erase`, `shut`, `purge` | [`Store::erase`] one person; [`Store::shut_install`]; [`Store::purge`] what is too old |
//! | `rotate` | [`Store::reseal`] everything with the first key; [`Store::keys_in_use`] |
//! | `backup`, `examine` | [`Store::backup`]; [`Store::examine`] for `check` |
//! | `migrate`, `columns`, `write`, `points`, `frozen`, `time` | how it is done |

mod access;
mod audit;
mod backfills;
mod backup;
mod calls;
mod columns;
mod erase;
mod error;
mod examine;
mod former;
mod frozen;
mod gaps;
mod hook_deliveries;
mod hooks;
mod images;
mod inbox;
mod installs;
mod keys;
mod leases;
mod links;
mod meta;
mod migrate;
mod objects;
mod open;
mod outbox;
mod people;
mod points;
mod purge;
mod records;
mod rotate;
mod seal;
mod sessions;
mod shut;
mod time;
mod timelines;
mod words;
mod workspaces;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::SqlitePool;
use tokio::sync::watch;

use crate::domain::email::FingerprintKey;
use crate::domain::secret::Secret;

pub use audit::AuditEntry;
pub use backfills::{
    Adopted, BackfillCounts, BackfillPlace, BackfillRecord, Claim, Claimed, Leftover, Made,
    NewBackfill, Stock,
};
pub use calls::{Call, MOST_CALLS};
pub use erase::{Erased, Removed, Whom};
pub use error::StoreError;
pub use examine::Examination;
pub use gaps::{Gap, Progress as GapProgress};
pub use hook_deliveries::HookDelivery;
pub use hooks::{HookRecord, HookTopic, Registration};
pub use images::{Image, MOST_IMAGES};
pub use inbox::{Aside, NewHook, ParkedHooks, Ticket, WaitingHook};
pub use installs::{InstallRecord, InstallSettings, InstallState, NewInstall};
pub use keys::{KeyError, KeyRing};
pub use links::{LinkKind, LinkRecord, Profile, RemovedLink};
pub use objects::{ObjectRecord, Placed, Standing};
pub use outbox::{OutboxDepth, OutboxEntry, OutboxTicket, ParkedEntry, Task};
pub use people::{Person, PersonProfile, Role};
pub use points::POINTS;
pub use purge::{Cutoffs, Purged};
pub use records::{Asked, ChangedCustomers, KeptSubject, Observation, Stored};
pub use rotate::{Progress, Resealed};
pub use seal::{NotSealed, Opened, SealError};
pub use sessions::{Session, SetupLink};
pub use timelines::TimelineRecord;
pub use workspaces::{HelpdeskSettings, NewWorkspace, WorkspaceRecord, WorkspaceSettings};

/// The store. Clones share its connections.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    /// The one connection that writes.
    writer: SqlitePool,
    /// Those that read; the writer itself where the store is in memory.
    readers: SqlitePool,
    keys: KeyRing,
    rows: meta::RowKeys,
    fingerprints: FingerprintKey,
    /// Told when something is put into the outbox.
    queued: watch::Sender<()>,
    /// `None`: in memory.
    path: Option<PathBuf>,
}

impl Store {
    fn seal(
        &self,
        column: &seal::Column,
        row: &[&str],
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        Ok(self.0.keys.seal(column, row, plain)?)
    }

    fn seal_text(
        &self,
        column: &seal::Column,
        row: &str,
        text: &Secret<String>,
    ) -> Result<Vec<u8>, StoreError> {
        self.seal(column, &[row], text.reveal().as_bytes())
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.0.path)
            .field("keys", &self.0.keys)
            .finish_non_exhaustive()
    }
}
