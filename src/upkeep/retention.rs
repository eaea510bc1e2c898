//! What is too old goes, within minutes.

use std::time::Duration;

use chrono::TimeDelta;

use crate::clock::Clock;
use crate::store::{Cutoffs, Store};

/// How often: nothing is kept for more than this beyond its time.
const EVERY: Duration = Duration::from_secs(300);
/// How long cards of an install whose token is refused are kept: the merchant may have shut us out on purpose.
const REFUSED: TimeDelta = TimeDelta::hours(1);
/// How long it is kept who did what.
const AUDIT: TimeDelta = TimeDelta::days(400);
/// How long hooks that can't be applied are kept, and what can't be told to a helpdesk.
const PARKED: TimeDelta = TimeDelta::days(7);
/// How long it is tried to tell a helpdesk something: one that refuses its key for longer is told anew, by a backfill.
const UNTOLD: TimeDelta = TimeDelta::days(30);
/// How long hooks are kept about which the provider has to be asked, and can't be.
const UNASKED: TimeDelta = TimeDelta::days(30);
/// How long somebody who does nothing stays logged in.
const IDLE: TimeDelta = TimeDelta::minutes(30);

/// Purges at once and then every few minutes, for as long as the process runs.
pub async fn run(store: Store, clock: Clock, stale: Duration) {
    let stale = TimeDelta::from_std(stale).unwrap_or(TimeDelta::MAX);
    loop {
        let next = clock.deadline(EVERY);
        let now = clock.now();
        let before = |age: TimeDelta| {
            now.checked_sub_signed(age)
                .unwrap_or(chrono::DateTime::UNIX_EPOCH)
        };
        let cutoffs = Cutoffs {
            cards: before(stale),
            refused: before(REFUSED),
            audit: before(AUDIT),
            parked: before(PARKED),
            untold: before(UNTOLD),
            unasked: before(UNASKED),
            idle: before(IDLE),
        };
        match store.purge(&cutoffs, now).await {
            Ok(gone) => {
                if gone.unasked > 0 {
                    tracing::error!(
                        hooks = gone.unasked,
                        "hooks are given up: the provider could not be asked about them for too long"
                    );
                }
                tracing::debug!(?gone, "what was too old is gone");
            }
            Err(error) => tracing::warn!(%error, "what is too old could not be removed"),
        }
        next.passed().await;
    }
}
