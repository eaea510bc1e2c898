//! Methods of a handle that choose how the API behaves while it runs.

use super::actions::dunning::Decline;
use super::running::Running;
use super::stamps::DateMoves;

impl Running {
    /// Sets what happens from now on to a subscription when only its next charge date moves.
    pub fn set_date_moves(&self, date_moves: DateMoves) {
        self.simulator().state().tables.date_moves = date_moves;
    }

    /// Lets one more attempt to collect a charge fail: `fail_charge(101, "CARD_DECLINED", "Your card was declined.")`.
    /// The charge gets its next `retry_date`; the eighth attempt is the last, and ends as
    /// [`Running::exhaust_retries`] does.
    ///
    /// # Panics
    ///
    /// When there is no such charge, or it is neither queued nor to be tried again.
    pub fn fail_charge(&self, id: i64, error_type: &str, error: &str) {
        let decline = Decline { error, error_type };
        if let Err(error) = self.simulator().fail_charge(id, &decline) {
            panic!("{error}");
        }
    }

    /// Lets the last attempt to collect a charge fail: its subscriptions are cancelled, and
    /// `charge/max_retries_reached` is the only webhook.
    ///
    /// # Panics
    ///
    /// When there is no such charge, or it is neither queued nor to be tried again.
    pub fn exhaust_retries(&self, id: i64) {
        if let Err(error) = self.simulator().exhaust_retries(id) {
            panic!("{error}");
        }
    }
}
