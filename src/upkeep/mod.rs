//! What keeps the store true beside the doors.
//!
//! | file | does |
//! |---|---|
//! | `intake` | hooks into the inbox: many deliveries, one commit, and only then is anything acknowledged |
//! | `inbox` | applies what is in the inbox |
//! | `meaning` | what each waiting webhook means, and for whom |
//! | `errands` | what a hook gives cause to ask the provider for: is the customer gone, is the token refused, what is the shop now |
//! | `registration` | where providers send hooks, and whether they reach us |
//! | `reconcile` | after an outage: what may have been missed is read |
//! | `backfill` | puts all subscriptions of a workspace's shops on timelines, once |
//! | `retention` | what is too old goes |

pub mod backfill;
mod errands;
mod inbox;
mod intake;
mod meaning;
mod reconcile;
mod registration;
pub mod retention;

use std::collections::HashMap;
use std::sync::Arc;

use crate::provider::Provider;

pub use errands::{ErrandLine, Errands};
pub use inbox::Inbox;
pub use intake::{Intake, NotTaken, Receiver, Room, intake};
pub use reconcile::Reconcile;
pub use registration::{
    Missing, Off, Reach, Registrar, Standing, TopicStanding, Withdrawn, leave_token, off, reach,
    standing, withdraw,
};

/// The providers, by name.
pub type Providers = HashMap<&'static str, Arc<dyn Provider>>;
