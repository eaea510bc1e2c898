//! Methods of a handle that choose how the API behaves while it runs.

use std::time::Duration;

use super::actions::dunning::Decline;
use super::faults::Fault;
use super::lag::Lag;
use super::running::Running;
use super::stamps::DateMoves;

impl Running {
    /// Sets what happens from now on to a subscription when only its next charge date moves.
    pub fn set_date_moves(&self, date_moves: DateMoves) {
        self.simulator().state().tables.date_moves = date_moves;
    }

    /// Lets lists show from now on what there was this long ago, by the simulator's clock. Webhooks still go out at once,
    /// and one object by its id is as it is now. [`Duration::ZERO`] ends it, and so does [`Running::set_faults`].
    pub fn lag_lists(&self, by: Duration) {
        self.set_lag(by, false);
    }

    /// Lets lists and single objects lag, as [`Running::lag_lists`] does lists alone.
    pub fn lag_reads(&self, by: Duration) {
        self.set_lag(by, true);
    }

    fn set_lag(&self, by: Duration, objects: bool) {
        let mut state = self.simulator().state();
        state.tables.history.set_lag(Lag { by, objects });
    }

    /// Lets a fault strike the next requests of a path that it fits, so many times:
    /// `strike_next("charges", "expired-cursor", 1)`, `strike_next("customers", "503", 2)`. Names are those of [`Faults`]
    /// without `slow` and `lag`; [`Running::set_faults`] takes back what did not strike yet.
    ///
    /// [`Faults`]: super::Faults
    ///
    /// # Panics
    ///
    /// When there is no fault of that name.
    pub fn strike_next(&self, path: &str, fault: &str, times: usize) {
        let Some(known) = Fault::of_name(fault) else {
            panic!("unknown fault: `{fault}`");
        };
        self.simulator().strike_next(path, known, times);
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
