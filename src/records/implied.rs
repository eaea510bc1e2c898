//! What each webhook topic implies for the customer's other objects.
//!
//! | topic | its object is | what else may have changed | so |
//! |---|---|---|---|
//! | `subscription/created`, `activated` | the subscription | a queued charge is made or grows | compared |
//! | `subscription/updated`, `swapped` | the subscription | date, amount and lines of the queued charge | compared |
//! | `subscription/cancelled` | the subscription | its queued charge goes, or shrinks | compared |
//! | `subscription/deleted` | gone | the same | read, if the object is on the card |
//! | `subscription/skipped`, `unskipped`, `paused` | the subscription | a charge's status; the date, without a newer stamp | read |
//! | `charge/created`, `updated`, `failed`, `refunded`, `uncaptured` | the charge | the date of its subscriptions | compared |
//! | `charge/paid` | the charge | next dates, without newer stamps; dunning | compared |
//! | `charge/max_retries_reached` | the charge | subscriptions canceled without a webhook of their own | read |
//! | `charge/deleted` | gone | dates | read, unless only canceled subscriptions were in it |
//! | `customer/created`, `updated`, `activated`, `deactivated` | the customer | which addresses name whom | by the index |
//! | `customer/payment_method_updated` | the customer | failed charges wait for another attempt | read |
//! | `customer/deleted` | gone | everything | read by id |
//! | `address/…`, `onetime/…`, `payment_method/…`, `order/…` of prepaid | another object | recipient, amounts, dates | read |
//! | a row of a list | the row | the same as `updated` | compared |
//!
//! *Compared* is what [`super::contradiction`] does each time a card is composed: nothing is read when the other webhook
//! comes, too. *Read*: at once while a timeline or an open page shows the customer, else at the next view.

/// What a topic implies beyond its own object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Implied {
    /// The rows are compared with each other.
    Compared,
    /// The customer has to be read.
    Read,
}

/// Topics whose consequences no comparison of the rows can find.
const READ: [&str; 5] = [
    "subscription/skipped",
    "subscription/unskipped",
    "subscription/paused",
    "charge/max_retries_reached",
    "customer/payment_method_updated",
];

/// What a topic implies beyond its own object.
pub fn implied(topic: &str) -> Implied {
    if READ.contains(&topic) {
        Implied::Read
    } else {
        Implied::Compared
    }
}

#[cfg(test)]
mod tests;
