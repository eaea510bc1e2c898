//! Profiles and customers: who is linked without an agent, and until when.

use std::time::Duration;

use sidecard::domain::access::Settings;
use sidecard::domain::answer::{Outcome, Reason};
use sidecard::domain::email::Email;
use sidecard::domain::id::CustomerId;
use sidecard::domain::question::{MatchedBy, Subject};
use sidecard::simulator::recharge::Faults;
use sidecard::store::{LinkKind, LinkRecord, Profile};

use super::{Durable, KIM, acme, kim};

impl Durable {
    async fn link(&self, profile: &str) -> Option<LinkRecord> {
        let (install, workspace) = (&acme(), &self.workspace);
        let of = Profile {
            install,
            workspace,
            profile,
        };
        self.store.link_of(of).await.unwrap()
    }

    async fn linked(&self, profile: &str) -> LinkRecord {
        let waiting = async {
            loop {
                match self.link(profile).await {
                    Some(link) => return link,
                    None => tokio::task::yield_now().await,
                }
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        in_time.expect("no link is made")
    }

    async fn audited(&self) -> Vec<String> {
        let page = self.store.audit_page(None, 10).await.unwrap();
        page.into_iter().map(|(_, entry)| entry.action).collect()
    }
}

fn matched_by(outcome: &Outcome) -> Option<MatchedBy> {
    match outcome {
        Outcome::Found { matched_by, .. } => Some(*matched_by),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_linked_to_the_one_customer_who_matches() {
    let house = Durable::open().await;
    assert_eq!(
        matched_by(&house.ask(&[KIM], Some("p")).await),
        Some(MatchedBy::Email)
    );
    let link = house.linked("p").await;
    assert_eq!((link.kind, link.customer), (LinkKind::Auto, Some(kim())));
    // What the address brought about says no more than the address.
    assert_eq!(
        matched_by(&house.ask(&[KIM], Some("p")).await),
        Some(MatchedBy::Email)
    );
    assert!(house.audited().await.is_empty());

    // The profile has another address by now, which leads to somebody else: no agent said that it is the first one.
    let other = house.ask(&["wanda.weekly@mail.example"], Some("p")).await;
    assert_eq!(matched_by(&other), Some(MatchedBy::Email));
    assert!(matches!(other, Outcome::Found { snapshot, .. } if snapshot.customer.id != kim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_linked_who_is_not_certain() {
    let house = Durable::open().await;
    house.snapshot(KIM).await;
    let access = house.access().await;
    // Two records, nobody, no profile, and one of two addresses that can't be asked for.
    house.ask(&["twin@mail.example"], Some("two")).await;
    house.ask(&["nobody@mail.example"], Some("none")).await;
    house
        .ask(&[KIM, "server-error@fault.example"], Some("half"))
        .await;
    // One that is old.
    house.later(Duration::from_secs(3_600));
    house
        .recharge
        .set_faults("503=1".parse::<Faults>().unwrap());
    let old = house.ask(&[KIM], Some("old")).await;
    assert!(old.is_stale());
    house.recharge.set_faults(Faults::default());
    house.later(Duration::from_secs(4));
    // A workspace that does not want it.
    let mut without = access.clone();
    without.workspace.settings = Settings::of([("auto_link", "off")]);
    house.ask_as(&without, &[KIM], Some("unwanted")).await;
    // One that is linked behind them all.
    house.ask(&[KIM], Some("certain")).await;
    house.linked("certain").await;
    for profile in ["two", "none", "half", "old", "unwanted"] {
        assert_eq!(house.link(profile).await, None, "{profile}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_an_agent_unlinked_is_never_linked_again_without_one() {
    let house = Durable::open().await;
    let (install, workspace) = (&acme(), &house.workspace);
    let of = Profile {
        install,
        workspace,
        profile: "p",
    };
    let unlinked = LinkRecord {
        customer: None,
        kind: LinkKind::Manual,
        by: Some("fingerprint".into()),
        agent: None,
        at: house.clock.now(),
        made_for: None,
    };
    assert!(house.store.link(of, &unlinked).await.unwrap());
    let outcome = house.ask(&[KIM], Some("p")).await;
    assert!(matches!(outcome, Outcome::Unlinked { .. }));
    let auto = LinkRecord {
        customer: Some(kim()),
        kind: LinkKind::Auto,
        by: None,
        agent: None,
        ..unlinked.clone()
    };
    assert!(!house.store.link(of, &auto).await.unwrap());
    assert_eq!(house.link("p").await, Some(unlinked));
    assert!(house.audited().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_is_gone_leaves_nothing_and_nobody_is_linked_to_them() {
    let house = Durable::open().await;
    house.ask(&[KIM], Some("p")).await;
    house.linked("p").await;
    house.recharge.remove("customers", 176_700_001);
    let install = house.access().await.installs.remove(0);
    assert_eq!(house.lookups.reread(&install, &kim()).await, Ok(None));
    assert!(house.link("p").await.is_some(), "once may be a mistake");
    house.later(Duration::from_secs(3_600));
    assert_eq!(house.lookups.reread(&install, &kim()).await, Ok(None));
    assert_eq!(house.link("p").await, None);
    let known = house.store.known(&acme(), &kim()).await.unwrap();
    assert_eq!(known, None);
    let subject = Subject::Email(Email::parse(KIM).unwrap()).key();
    let kept = house.store.subject(&acme(), &subject).await.unwrap();
    assert!(kept.customers.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tie_to_somebody_who_is_gone_gives_way_to_the_one_who_matches() {
    let house = Durable::open().await;
    let (install, workspace) = (&acme(), &house.workspace);
    let of = Profile {
        install,
        workspace,
        profile: "p",
    };
    let gone = LinkRecord::auto(
        CustomerId::new("176799999"),
        "another address".into(),
        house.clock.now(),
    );
    assert!(house.store.link(of, &gone).await.unwrap());
    let outcome = house.ask(&[KIM], Some("p")).await;
    assert_eq!(matched_by(&outcome), Some(MatchedBy::Email));
    let tied = async {
        while house.link("p").await.and_then(|link| link.customer) != Some(kim()) {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(20), tied).await;
    in_time.expect("at the same look");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tie_that_came_about_by_an_address_says_so_when_others_have_it_by_now() {
    let house = Durable::open().await;
    house.ask(&[KIM], Some("p")).await;
    house.linked("p").await;
    let again = house.ask(&[KIM], Some("p")).await;
    assert_eq!(matched_by(&again), Some(MatchedBy::Email));
    // Two have this one.
    let twins = house.ask(&["twin@mail.example"], None).await;
    assert!(matches!(twins, Outcome::Several { .. }));
    let both = house.ask(&[KIM, "twin@mail.example"], Some("p")).await;
    assert_eq!(matched_by(&both), Some(MatchedBy::Link));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_can_not_be_read_is_not_as_good_as_none() {
    let house = Durable::open().await;
    for profile in ["unlinked", "known"] {
        let of = Profile {
            install: &acme(),
            workspace: &house.workspace,
            profile,
        };
        let link = LinkRecord::unlinked("Dana", house.clock.now());
        assert!(house.store.link(of, &link).await.unwrap());
    }
    let is_unlinked = |outcome: Outcome| matches!(outcome, Outcome::Unlinked { .. });
    assert!(is_unlinked(house.ask(&[KIM], Some("known")).await));
    assert!(matched_by(&house.ask(&[KIM], Some("nobody's")).await).is_some());
    let access = house.access().await;
    house.store.close().await;

    // The card is in memory; whether it may be shown is not.
    let outcome = house.ask_as(&access, &[KIM], Some("unlinked")).await;
    let reason = match outcome {
        Outcome::Unavailable { reason } => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason, Reason::Unreachable);
    // What was read once is still known, and who has no profile has no link.
    assert!(is_unlinked(
        house.ask_as(&access, &[KIM], Some("known")).await
    ));
    for profile in [Some("nobody's"), None] {
        let outcome = house.ask_as(&access, &[KIM], profile).await;
        assert!(matched_by(&outcome).is_some(), "{profile:?}");
    }
}
