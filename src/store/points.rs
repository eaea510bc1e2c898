//! The names of everything that is written, one per transaction.
//!
//! Each stands in two trace events, `about to commit` and `committed`. That is all there is of crash points here: a test
//! puts a listener of its own on these events and ends the process in the middle of one, so that the code that runs is
//! the one that ships.

macro_rules! points {
    ($($variant:ident = $name:literal,)*) => {
        /// A transaction that writes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Point {
            $(#[doc = $name] $variant,)*
        }

        impl Point {
            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        /// The names of all transactions that write, as they stand in the log.
        pub const POINTS: &[&str] = &[$($name,)*];
    };
}

points! {
    Opened = "store.opened",
    InstallAdded = "install.added",
    InstallSet = "install.set",
    InstallToken = "install.token",
    InstallState = "install.state",
    InstallRemoved = "install.removed",
    WorkspaceAdded = "workspace.added",
    WorkspaceSet = "workspace.set",
    WorkspaceRotated = "workspace.rotated",
    WorkspaceRemoved = "workspace.removed",
    Linked = "link.set",
    LinkReleased = "link.released",
    Observed = "records.observed",
    AskedForgotten = "records.asked_forgotten",
    ImagesSeen = "images.seen",
    PersonAdded = "person.added",
    PersonSet = "person.set",
    PersonRemoved = "person.removed",
    CodeUsed = "code.used",
    SessionBegun = "session.begun",
    SessionSeen = "session.seen",
    SessionEnded = "session.ended",
    SetupLinkMade = "setup_link.made",
    SetupLinkUsed = "setup_link.used",
    Audited = "audit.added",
    Called = "calls.added",
    HooksReceived = "hooks.received",
    HooksSetAside = "hooks.set_aside",
    ObjectsKept = "objects.kept",
    OutboxSetAside = "outbox.set_aside",
    OutboxSettled = "outbox.settled",
    OutboxCleared = "outbox.cleared",
    TimelineTrouble = "timeline.trouble",
    BackfillBegun = "backfill.begun",
    BackfillClaimed = "backfill.claimed",
    BackfillKept = "backfill.kept",
    BackfillAdvanced = "backfill.advanced",
    BackfillUndone = "backfill.undone",
    HookRecorded = "hook.recorded",
    HookForgotten = "hook.forgotten",
    RegistrationKept = "registration.kept",
    LeaseTaken = "lease.taken",
    LeaseEnded = "lease.ended",
    Beat = "alive.beat",
    GapOpened = "gap.opened",
    GapSwept = "gap.swept",
    GapClosed = "gap.closed",
    InstallShut = "install.shut",
    Erased = "person.erased",
    Purged = "store.purged",
    Resealed = "rotate.batch",
}
