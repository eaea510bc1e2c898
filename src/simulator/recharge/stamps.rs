//! When `updated_at` moves: for every change but one.

use std::str::FromStr;

use super::json::Json;

/// What happens to a subscription when nothing but its `next_charge_scheduled_at` changes.
///
/// Recharge leaves `updated_at` as it was; the queued charge's `scheduled_at` is the true date, and the charge's own stamp
/// moves. Whether a `subscription/updated` webhook goes out then is not established.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DateMoves {
    /// `updated_at` moves too, as for any other change. Recharge does not do this.
    Stamped,
    /// `updated_at` stays, and `subscription/updated` is sent.
    #[default]
    Unstamped,
    /// `updated_at` stays, and no `subscription/updated` is sent.
    Silent,
}

impl FromStr for DateMoves {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "stamped" => Ok(Self::Stamped),
            "unstamped" => Ok(Self::Unstamped),
            "silent" => Ok(Self::Silent),
            _ => Err(format!(
                "unknown way to move a date: `{text}`\n  hint: use stamped, unstamped or silent"
            )),
        }
    }
}

/// Returns whether a subscription's next charge date changed, and nothing else.
pub(super) fn differs_in_next_date_alone(before: &Json, after: &Json) -> bool {
    const DATE: &str = "next_charge_scheduled_at";
    if before.get(DATE) == after.get(DATE) {
        return false;
    }
    let mut moved = before.clone();
    moved.set(DATE, after.member(DATE));
    moved == *after
}
