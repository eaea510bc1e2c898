//! Methods of a handle that choose how the API behaves while it runs.

use super::running::Running;
use super::stamps::DateMoves;

impl Running {
    /// Sets what happens from now on to a subscription when only its next charge date moves.
    pub fn set_date_moves(&self, date_moves: DateMoves) {
        self.simulator().state().tables.date_moves = date_moves;
    }
}
