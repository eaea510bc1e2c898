//! A card that is made of what was kept is the card that would be made anew.

use std::sync::Arc;

use chrono::TimeDelta;

use super::super::{ByHand, Context, Frame, json, page};
use super::samples;
use crate::domain::answer::{Account, Answer, Outcome, Reason};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::links::Links;
use crate::domain::question::MatchedBy;
use crate::domain::renderings::Renderings;
use crate::domain::snapshot::Snapshot;

/// The same answer, of which nothing is kept.
fn anew(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    for account in &mut answer.accounts {
        if let Outcome::Found { snapshot, .. } = &mut account.outcome {
            *snapshot = Arc::new(Snapshot::clone(snapshot));
        }
    }
    answer
}

fn kept(answer: &Answer) -> impl Iterator<Item = &Renderings> {
    answer
        .accounts
        .iter()
        .filter_map(|account| match &account.outcome {
            Outcome::Found { snapshot, .. } => Some(&snapshot.renderings),
            _ => None,
        })
}

/// Shown three times, the last time of what was kept the second time.
fn shown(answer: &Answer, context: &Context) -> [String; 2] {
    let json = |answer| json::answer(answer, context.now).to_string();
    let mut last = [page(answer, context), json(answer)];
    for _ in 0..3 {
        kept(answer).for_each(Renderings::give_room);
        let now = [page(answer, context), json(answer)];
        assert_eq!(now, last);
        last = now;
    }
    let anew = anew(answer);
    assert_eq!(last[0], page(&anew, context));
    assert_eq!(last[1], json(&anew));
    last
}

fn changed(answer: &Answer, change: impl Fn(&mut Account)) -> Answer {
    let mut answer = answer.clone();
    answer.accounts.iter_mut().for_each(change);
    answer
}

#[test]
fn every_state_looks_the_same_of_what_was_kept() {
    for (_, answer) in samples::all() {
        let [_, compact] = shown(&answer, &samples::context());
        assert!(kept(&answer).all(|kept| kept.room() > 0));
        let pretty = json::answer_pretty(&answer, samples::context().now);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&compact), read(&pretty));
    }
}

#[test]
fn another_day_zone_link_or_way_of_finding_is_another_card() {
    let answer = samples::answer(samples::found(samples::kim()));
    let today = samples::context();
    let first = shown(&answer, &today);
    let tomorrow = Context::at(today.now + TimeDelta::days(1));
    let later_today = Context::at(today.now + TimeDelta::minutes(1));
    assert_ne!(shown(&answer, &tomorrow)[0], first[0]);
    assert_eq!(shown(&answer, &later_today), first);

    let elsewhere = changed(&answer, |account| {
        account.zone = crate::domain::day::Zone::named("Asia/Tokyo");
    });
    assert_ne!(shown(&elsewhere, &today)[0], first[0]);
    let unproven = changed(&answer, |account| {
        account.links = Arc::new(Links::default())
    });
    let [html, json] = shown(&unproven, &today);
    assert!(!html.contains("View in Recharge") && json.contains("\"provider_url\":null"));
    let linked = changed(&answer, |account| {
        if let Outcome::Found { matched_by, .. } = &mut account.outcome {
            *matched_by = MatchedBy::Link;
        }
    });
    let [html, json] = shown(&linked, &today);
    assert!(html.contains("Matched by a link") && json.contains("\"matched_by\":\"link\""));
    assert_eq!(shown(&answer, &today), first);
}

#[test]
fn a_card_that_went_stale_says_so_although_it_was_kept_fresh() {
    let fresh = samples::answer(samples::found(samples::kim()));
    let first = shown(&fresh, &samples::context());
    let stale = changed(&fresh, |account| {
        if let Outcome::Found { stale, .. } = &mut account.outcome {
            *stale = Some(Reason::Unreachable);
        }
    });
    let [html, json] = shown(&stale, &samples::context());
    assert!(html.contains("Recharge does not answer now") && json.contains("\"stale\":true"));
    assert!(!first[0].contains("does not answer") && first[1].contains("\"stale\":false"));
    assert_eq!(shown(&fresh, &samples::context()), first);
}

#[test]
fn what_an_agent_can_do_by_hand_is_never_of_another_session() {
    let answer = samples::answer(samples::found(samples::kim()));
    let framed = |by: Option<&str>| {
        let pick = |_: &InstallName, _: &CustomerId| by.unwrap_or_default().to_owned();
        let frame = Frame {
            session: by.unwrap_or("nobodys"),
            until: samples::context().now,
            by_hand: by.map(|_| ByHand {
                pick: &pick,
                opened: true,
            }),
            said: None,
        };
        kept(&answer).for_each(Renderings::give_room);
        super::super::framed(&answer, &samples::context(), &frame).into_string()
    };
    let first = ["one", "two"].map(|by| framed(Some(by)));
    let without = framed(None);
    assert!(first[0].contains("data-pick=\"one\"") && !first[0].contains("two"));
    assert!(first[1].contains("data-pick=\"two\"") && !first[1].contains("one\""));
    assert!(!without.contains("data-pick") && without.contains("<footer>"));
    assert_eq!(["one", "two"].map(|by| framed(Some(by))), first);
    assert_eq!(framed(None), without);
}

#[test]
fn one_snapshot_under_two_installs_keeps_their_links_apart() {
    let alone = samples::answer(samples::found(samples::kim()));
    let outcome = alone.accounts[0].outcome.clone();
    let both = Answer {
        accounts: ["acme-usa", "acme-eu"]
            .map(|name| samples::account(name, outcome.clone()))
            .into(),
    };
    let [html, json] = shown(&both, &samples::context());
    for shop in ["acme-usa", "acme-eu"] {
        assert!(html.contains(&format!("https://{shop}-sp.")));
        assert!(json.contains(&format!("https://{shop}-sp.")));
    }
    assert_ne!(shown(&alone, &samples::context())[0], html);
}
