//! What a profile shows of a customer: custom attributes, one level deep, all of them texts. An empty text clears one; one
//! that is left out keeps its old value (help.gladly.com/developer/docs/data-behavior).

use super::choices::Choices;
use super::values::Object;
use crate::domain::answer::{Account, Reason};
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::Status;
use crate::views::format::{Calendar, machine_instant};
use crate::views::text::gladly as text;

/// One attribute: the setting that renames it, its usual name, and what Gladly is asked to call it.
pub type Attribute = (&'static str, &'static str, &'static str);

/// The names follow Gladly's own Recharge toolkit where it has one.
pub const TOTAL: Attribute = (
    "attributes.total",
    "totalSubscriptions",
    "Number of Subscriptions",
);
/// How many are active.
pub const ACTIVE: Attribute = (
    "attributes.active",
    "activeSubscriptions",
    "Number of Active Subscriptions",
);
/// Recharge's id.
pub const CUSTOMER: Attribute = (
    "attributes.customer",
    "rechargeCustomerId",
    "Recharge Customer ID",
);
/// The soonest date of an active subscription.
pub const NEXT: Attribute = ("attributes.next", "nextBillingDate", "Next Billing Date");
/// What is wrong with the payments.
pub const PROBLEM: Attribute = ("attributes.problem", "paymentProblem", "Payment Problem");
/// What is wrong with what is shown: its age, its length, that there is none.
pub const STATUS: Attribute = (
    "attributes.status",
    "subscriptionStatus",
    "Subscription Status",
);
/// Which shop, for merchants with several.
pub const SHOP: Attribute = ("attributes.shop", "rechargeShop", "Recharge Shop");
/// The customer's page.
pub const LINK: Attribute = ("attributes.link", "viewInRecharge", text::VIEW);

/// All of them, in the order in which a profile is best read.
pub const ALL: [Attribute; 8] = [STATUS, ACTIVE, TOTAL, NEXT, PROBLEM, CUSTOMER, SHOP, LINK];

/// Attributes, being written under the names that the workspace gives them.
pub struct Attributes<'a> {
    choices: Choices<'a>,
    object: Object<'a>,
}

impl<'a> Attributes<'a> {
    /// What is known of a customer whose card is at hand. `note` is what is wrong with it, if anything is.
    pub fn of(
        snapshot: &Snapshot,
        account: &Account,
        note: Option<String>,
        choices: Choices<'a>,
        now: Instant,
        out: &'a mut String,
    ) {
        let calendar = Calendar::new(now, account.zone);
        let mut all = Self::about(&snapshot.customer, account, choices, out);
        all.put(TOTAL, &snapshot.subscriptions_total().to_string());
        all.put(ACTIVE, &snapshot.subscriptions_active().to_string());
        let active = snapshot
            .subscriptions
            .iter()
            .filter(|s| s.status == Status::Active);
        let next = active.filter_map(|s| s.next_billing_date).min();
        let next = next.map(|day| {
            if choices.days_are_days() {
                day.to_string()
            } else {
                machine_instant(day.noon())
            }
        });
        all.put(NEXT, &next.unwrap_or_default());
        match snapshot.payment_problem() {
            Some(problem) => all.put(PROBLEM, &text::payment_problem(&problem, &calendar)),
            // Not known is not the same as none: the old value stays.
            None if snapshot.charges.is_none() => {}
            None => all.put(PROBLEM, ""),
        }
        all.put(STATUS, &note.unwrap_or_default());
        all.object.end();
    }

    /// What a list of customers shows of one, for an agent to choose.
    pub fn of_candidate(
        customer: &Customer,
        account: &Account,
        untried: usize,
        choices: Choices<'a>,
        out: &'a mut String,
    ) {
        let mut all = Self::about(customer, account, choices, out);
        if untried > 0 {
            all.put(STATUS, &text::parts(&[text::untried(untried)]));
        }
        // A count of 0 has been seen beside subscriptions: it says nothing.
        let total = customer.subscriptions_total.filter(|count| *count > 0);
        if let Some(total) = total {
            all.put(TOTAL, &total.to_string());
        }
        if let Some(active) = customer.active_at_least() {
            all.put(ACTIVE, &active.to_string());
        }
        all.object.end();
    }

    /// What is said of somebody who is linked while nothing is known: why. The rest keeps its old values.
    pub fn of_nothing(
        reason: Reason,
        account: &Account,
        choices: Choices<'a>,
        out: &'a mut String,
    ) {
        let install = &account.install;
        let mut all = Self::new(choices, out);
        let words = text::unavailable(reason, install.contact.as_deref(), install.name.as_str());
        all.put(STATUS, &words);
        all.object.end();
    }

    fn about(
        customer: &Customer,
        account: &Account,
        choices: Choices<'a>,
        out: &'a mut String,
    ) -> Self {
        let mut all = Self::new(choices, out);
        let link = account.links.to_customer(&customer.id);
        all.put(CUSTOMER, customer.id.as_str());
        all.put(SHOP, account.install.shop.as_str());
        all.put(LINK, link.as_ref().map_or("", |url| url.as_str()));
        all
    }

    fn new(choices: Choices<'a>, out: &'a mut String) -> Self {
        let object = Object::begin(out);
        Self { choices, object }
    }

    fn put(&mut self, (setting, usual, _): Attribute, text: &str) {
        for name in self.choices.names(setting, usual) {
            self.object.text(name, text);
        }
    }
}
