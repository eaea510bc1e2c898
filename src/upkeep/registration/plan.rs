//! What is to be done about an install's hooks, from what the provider lists and what is recorded here. Pure.

use crate::domain::day::Instant;
use crate::provider::{Topic, Webhook};
use crate::store::HookRecord;

/// What a look begins with.
pub struct Look<'a> {
    /// The provider's name, which is part of the addresses.
    pub provider: &'static str,
    /// The service's address from outside, without a slash at the end.
    pub base: &'a str,
    /// The install's own part of the addresses.
    pub hook_id: &'a str,
    /// What is worth a hook.
    pub topics: &'static [Topic],
    /// What the token may do.
    pub scopes: &'a [String],
    /// Since when the token is in use.
    pub token_since: Instant,
    /// The time.
    pub now: Instant,
}

/// What is to be done.
#[derive(Default)]
pub struct Plan {
    /// Ours, as they are listed.
    pub listed: Vec<HookRecord>,
    /// Topics to register.
    pub create: Vec<&'static Topic>,
    /// Topics that the token may not be told of.
    pub forbidden: Vec<&'static Topic>,
    /// Ours that are listed no more: the provider has let them go.
    pub lost: Vec<HookRecord>,
    /// Ours that the token before this one has.
    pub left: Vec<HookRecord>,
    /// Ours that are not there and not missed either.
    pub over: Vec<HookRecord>,
    /// How many look like another Sidecard's.
    pub sidecards: u32,
    /// How many are of other apps.
    pub others: u32,
}

impl Look<'_> {
    /// The address of a topic.
    pub fn address(&self, topic: &str) -> String {
        format!("{}{}{topic}", self.base, self.path())
    }

    fn path(&self) -> String {
        format!("/hooks/{}/{}/", self.provider, self.hook_id)
    }

    /// Works it out.
    pub fn plan(&self, recorded: &[HookRecord], all: &[Webhook]) -> Plan {
        let mut plan = Plan::default();
        let (path, door) = (self.path(), format!("/hooks/{}/", self.provider));
        for webhook in all {
            let known = recorded.iter().find(|hook| hook.id == webhook.id);
            // Nobody else can know the hook id: it was registered, and the record of it was lost.
            if known.is_some() || webhook.address.contains(&path) {
                plan.listed.push(HookRecord {
                    id: webhook.id.clone(),
                    topic: webhook.topic.clone(),
                    address: webhook.address.clone(),
                    created_at: known.map_or(self.now, |known| known.created_at),
                    seen_at: self.now,
                });
            } else if webhook.address.contains(&door) {
                plan.sidecards += 1;
            } else {
                plan.others += 1;
            }
        }
        for topic in self.topics {
            let is_allowed = topic
                .scopes
                .iter()
                .any(|scope| self.scopes.iter().any(|has| has == scope));
            let is_there = plan.listed.iter().any(|hook| self.is_current(hook, topic));
            match (is_there, is_allowed) {
                (true, _) => {}
                (false, true) => plan.create.push(topic),
                (false, false) => plan.forbidden.push(topic),
            }
        }
        for hook in recorded {
            if plan.listed.iter().any(|listed| listed.id == hook.id) {
                continue;
            }
            let is_missed = self.topics.iter().any(|topic| self.is_current(hook, topic));
            let list = match (is_missed, hook.seen_at < self.token_since) {
                (true, true) => &mut plan.left,
                (true, false) => &mut plan.lost,
                (false, _) => &mut plan.over,
            };
            list.push(hook.clone());
        }
        plan
    }

    fn is_current(&self, hook: &HookRecord, topic: &Topic) -> bool {
        hook.topic == topic.name && hook.address == self.address(topic.name)
    }

    /// Which of ours are to be removed at the provider: those of topics that are worth none any more, those that are there
    /// twice, and those at an older address once the new one is proven. `is_proven`: for a topic, whether hooks of it have
    /// come since.
    pub fn superfluous<'h>(
        &self,
        ours: &'h [HookRecord],
        is_proven: impl Fn(&HookRecord) -> bool,
    ) -> Vec<&'h HookRecord> {
        let current = |name: &str| {
            let topic = self.topics.iter().find(|topic| topic.name == name)?;
            Some(ours.iter().find(|hook| self.is_current(hook, topic)))
        };
        let is_superfluous = |hook: &&HookRecord| match current(&hook.topic) {
            None => true,
            Some(None) => false,
            Some(Some(current)) if current.id == hook.id => false,
            Some(Some(current)) => current.address == hook.address || is_proven(current),
        };
        ours.iter().filter(is_superfluous).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    static TOPICS: [Topic; 2] = [
        Topic {
            name: "subscription/updated",
            scopes: &["read_subscriptions"],
            changes: "",
        },
        Topic {
            name: "charge/paid",
            scopes: &["read_orders", "write_orders"],
            changes: "",
        },
    ];

    fn at(minutes: i64) -> Instant {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn look<'a>(base: &'a str, scopes: &'a [String]) -> Look<'a> {
        Look {
            provider: "recharge",
            base,
            hook_id: "our-id",
            topics: &TOPICS,
            scopes,
            token_since: at(0),
            now: at(100),
        }
    }

    fn scopes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn listed(id: &str, topic: &str, address: &str) -> Webhook {
        Webhook {
            id: id.into(),
            topic: topic.into(),
            address: address.into(),
        }
    }

    fn recorded(id: &str, topic: &str, address: &str, seen: i64) -> HookRecord {
        HookRecord {
            id: id.into(),
            topic: topic.into(),
            address: address.into(),
            created_at: at(seen),
            seen_at: at(seen),
        }
    }

    const SUBSCRIPTION: &str = "https://a.example/hooks/recharge/our-id/subscription/updated";
    const CHARGE: &str = "https://a.example/hooks/recharge/our-id/charge/paid";

    #[test]
    fn what_is_missing_is_created_and_what_is_others_is_counted() {
        let scopes = scopes(&["read_subscriptions", "write_orders"]);
        let all = [
            listed("1", "subscription/updated", SUBSCRIPTION),
            listed("2", "charge/paid", "https://b.example/hooks/recharge/x/y"),
            listed("3", "charge/paid", "https://c.example/"),
            listed("4", "charge/paid", "https://c.example/other"),
        ];
        let ours = [recorded("1", "subscription/updated", SUBSCRIPTION, 1)];
        let plan = look("https://a.example", &scopes).plan(&ours, &all);
        assert_eq!(plan.create, [&TOPICS[1]]);
        assert_eq!((plan.sidecards, plan.others), (1, 2));
        assert_eq!(plan.listed[0].created_at, at(1));
        assert_eq!(plan.listed[0].seen_at, at(100));
        assert!(plan.lost.is_empty() && plan.left.is_empty() && plan.over.is_empty());
    }

    #[test]
    fn a_topic_without_its_scope_is_forbidden_unless_it_is_there() {
        let none = scopes(&["read_subscriptions"]);
        let plan = look("https://a.example", &none).plan(&[], &[]);
        assert_eq!(
            (plan.create, plan.forbidden),
            (vec![&TOPICS[0]], vec![&TOPICS[1]])
        );
        let all = [listed("2", "charge/paid", CHARGE)];
        let plan = look("https://a.example", &none).plan(&[], &all);
        assert!(plan.forbidden.is_empty());
    }

    #[test]
    fn one_with_our_own_hook_id_is_adopted_even_at_an_older_address() {
        let scopes = scopes(&["read_subscriptions", "read_orders"]);
        let all = [listed("9", "charge/paid", CHARGE)];
        let plan = look("https://new.example", &scopes).plan(&[], &all);
        assert_eq!(plan.create.len(), 2);
        assert_eq!((plan.listed.len(), plan.sidecards), (1, 0));
    }

    #[test]
    fn what_vanished_is_lost_left_with_an_older_token_or_of_no_matter() {
        let scopes = scopes(&["read_subscriptions", "read_orders"]);
        let mut look = look("https://a.example", &scopes);
        let ours = [
            recorded("1", "subscription/updated", SUBSCRIPTION, 1),
            recorded("2", "charge/paid", CHARGE, 50),
            recorded("3", "charge/paid", "https://old.example/hooks", 50),
        ];
        look.token_since = at(10);
        let plan = look.plan(&ours, &[]);
        let ids = |list: &[HookRecord]| list.iter().map(|h| h.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&plan.left), ["1"]);
        assert_eq!(ids(&plan.lost), ["2"]);
        assert_eq!(ids(&plan.over), ["3"]);
    }

    #[test]
    fn an_older_address_goes_once_the_new_one_is_proven_and_doubles_at_once() {
        let scopes = scopes(&[]);
        let look = look("https://a.example", &scopes);
        let ours = [
            recorded("1", "charge/paid", "https://old.example/x", 1),
            recorded("2", "charge/paid", CHARGE, 2),
            recorded("3", "charge/paid", CHARGE, 3),
            recorded("4", "subscription/updated", "https://old.example/y", 1),
            recorded("5", "order/gone", "https://a.example/z", 1),
        ];
        let ids = |is_proven: bool| {
            let gone = look.superfluous(&ours, |_| is_proven);
            gone.iter().map(|h| h.id.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(ids(false), ["3", "5"]);
        assert_eq!(ids(true), ["1", "3", "5"]);
    }
}
