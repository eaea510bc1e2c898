//! Searching and linking by hand.

use serde_json::json;

use super::{DANA, Desk, KIM, TICKET, attribute, attributes, code_of};

const WANDA: &str = "wanda.weekly@mail.example";

#[tokio::test(flavor = "multi_thread")]
async fn it_is_off_by_default_and_needs_a_profile_and_an_agent() {
    let desk = Desk::open().await;
    let bodies = [
        ("search", json!({"by": "email", "text": WANDA})),
        ("open", json!({"pick": "x"})),
        ("link", json!({"pick": "x"})),
        ("unlink", json!({"install": "acme-usa"})),
    ];
    let off = async |parameters: &[(&str, &str)]| {
        let page = desk.page(&desk.here, parameters).await;
        assert!(!page.html.contains("<form") && !page.html.contains("data-pick=\""));
        assert_eq!(attributes(&page.html, "data-act"), ["refresh"]);
        for (act, body) in &bodies {
            let refused = desk.refused(&page, act, body.clone()).await;
            assert_eq!(refused, (403, "not_by_hand".into()), "{act}");
        }
    };
    off(&[("email", KIM)]).await;
    off(&[("email", KIM), DANA]).await;
    off(&[("email", KIM), TICKET]).await;
    off(&[("email", KIM), ("agent", ""), TICKET]).await;
    assert!(desk.kims().await.html.contains("<form"));
    desk.set(&desk.here, |settings| settings.helpdesk.0 = json!({}))
        .await;
    desk.settled(&desk.here).await;
    off(&[("email", KIM), DANA, TICKET]).await;
    assert_eq!(desk.audit().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn hits_are_masked_until_one_is_opened() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let hits = desk.search(&page, "email", WANDA).await;
    assert!(hits.contains("1 customer found."), "{hits}");
    assert!(hits.contains("w***@m***.example") && hits.contains("Wanda W."));
    for whole in [WANDA, "wanda.weekly", "Wanda Weekly", "176700002"] {
        assert!(!hits.contains(whole), "{whole} in {hits}");
    }
    let pick = attribute(&hits, "data-pick").unwrap();
    let card = desk.given(&page, "open", json!({"pick": pick})).await;
    assert!(card.contains(WANDA) && card.contains("data-opened"));
    assert!(card.contains("The ticket's customer is not linked to it."));
    // What is read anew is the ticket's own customer: here there is only the way back to them.
    assert_eq!(attributes(&card, "data-act"), ["link", "refresh"]);
    assert_eq!(attribute(&card, "data-anew"), None);
    // Opening is no link.
    let card = desk.given(&page, "refresh", json!({})).await;
    assert!(card.contains(KIM) && !card.contains(WANDA));
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_record_that_can_not_be_shown_there_is_a_way_back() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let hits = desk.search(&page, "email", "twin@mail.example").await;
    let pick = attribute(&hits, "data-pick").unwrap();
    desk.recharge.set_faults("reset=1".parse().unwrap());
    let card = desk.given(&page, "open", json!({"pick": pick})).await;
    assert!(card.contains(r#"data-outcome="unavailable""#), "{card}");
    assert_eq!(attributes(&card, "data-act"), ["refresh"], "{card}");
    assert!(card.contains(">Back<"), "{card}");
    assert_eq!(attribute(&card, "data-anew"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_by_whole_addresses_and_ids_and_says_what_it_can_not() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    for (by, text) in [
        ("email", "WANDA.weekly@mail.example"),
        ("customer_id", "176700002"),
        ("subscription_id", " 585000001 "),
        ("order", "6115"),
        ("order", "1010"),
        ("order", "#1010"),
        ("shopify_customer_id", "7923000000001"),
    ] {
        let hits = desk.search(&page, by, text).await;
        assert!(hits.contains("1 customer found."), "{by} {text}: {hits}");
    }
    let nobody = desk.search(&page, "order", "9001").await;
    assert!(
        nobody.contains("Nobody found.") && nobody.contains("newest 1,000 subscription orders")
    );
    assert!(
        !desk
            .search(&page, "email", "nobody@mail.example")
            .await
            .contains("#1001")
    );
    for (by, text) in [("order", "#10x"), ("email", "wanda"), ("customer_id", "1*")] {
        let refused = desk.refused(&page, "search", json!({"by": by, "text": text}));
        assert_eq!(refused.await, (400, "not_searchable".into()), "{by} {text}");
    }
    desk.recharge.set_faults("reset=1".parse().unwrap());
    let silent = desk.search(&page, "email", "other@mail.example").await;
    assert!(
        silent.contains("acme-usa: Recharge does not answer."),
        "{silent}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_searches_a_minute_are_given_to_each_agent() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    for _ in 0..20 {
        desk.search(&page, "email", WANDA).await;
    }
    let again = json!({"by": "email", "text": WANDA});
    let refused = (429, String::from("too_many_searches"));
    let response = desk.act(&page, "search", again.clone()).await;
    assert_eq!(response.headers()["retry-after"], "60");
    assert_eq!(code_of(response).await, refused);
    // In another ticket it is the same agent; another agent, and another workspace's of that name, is another.
    let other_ticket = [("email", WANDA), DANA, ("profile", "ticket-8")];
    let other = desk.page(&desk.here, &other_ticket).await;
    assert_eq!(desk.refused(&other, "search", again.clone()).await, refused);
    let erin = desk.page(&desk.here, &[("email", KIM), ("agent", "Erin"), TICKET]);
    desk.search(&erin.await, "email", WANDA).await;
    let there = desk.page(&desk.there, &[("email", KIM), DANA, TICKET]);
    desk.search(&there.await, "email", WANDA).await;
    desk.later(59);
    assert_eq!(desk.refused(&page, "search", again).await, refused);
    desk.later(1);
    desk.search(&page, "email", WANDA).await;
    // What was refused was not looked for, and not noted as if it were.
    let searches = desk.audit().await;
    assert_eq!(searches.len(), 23);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_profile_shows_its_customer_whatever_the_address_until_it_is_unlinked() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let hits = desk.search(&page, "email", WANDA).await;
    let pick = attribute(&hits, "data-pick").unwrap();
    let card = desk.given(&page, "link", json!({"pick": pick})).await;
    assert!(card.contains("Linked.") && card.contains(WANDA));
    assert!(card.contains("Matched by a link, not by email"));
    // It holds for whoever opens the ticket, in this workspace alone.
    let erin = [("email", KIM), ("agent", "Erin"), TICKET];
    assert!(desk.page(&desk.here, &erin).await.html.contains(WANDA));
    let elsewhere = desk
        .page(&desk.there, &[("email", KIM), DANA, TICKET])
        .await;
    assert!(elsewhere.html.contains(KIM) && !elsewhere.html.contains(WANDA));

    let card = desk
        .given(&page, "unlink", json!({"install": "acme-usa"}))
        .await;
    assert!(card.contains(r#"data-outcome="unlinked""#), "{card}");
    assert!(card.contains("Unlinked by Dana Desk, 20 Nov.") && card.contains("Link again?"));
    // It stays so: nothing is matched by address again.
    desk.later(3_000);
    let page = desk.kims().await;
    assert!(page.html.contains("Unlinked by Dana Desk, 20 Nov."));
    // The record that matches can be picked from the card itself.
    let [pick] = attributes(&page.html, "data-pick").try_into().unwrap();
    let pick: String = pick;
    let card = desk.given(&page, "link", json!({"pick": pick})).await;
    assert!(card.contains(r#"data-subscription="585000001""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_picked_was_shown_to_this_agent_in_this_ticket() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let hits = desk.search(&page, "email", WANDA).await;
    let pick = attribute(&hits, "data-pick").unwrap();
    let mut others = Vec::new();
    for parameters in [
        [("email", KIM), ("agent", "Erin"), TICKET],
        [("email", KIM), DANA, ("profile", "ticket-8")],
        [("email", WANDA), DANA, TICKET],
    ] {
        others.push(desk.page(&desk.here, &parameters).await);
    }
    others.push(
        desk.page(&desk.there, &[("email", KIM), DANA, TICKET])
            .await,
    );
    for other in &others {
        for act in ["open", "link"] {
            let refused = desk.refused(other, act, json!({"pick": pick})).await;
            assert_eq!(refused, (400, "not_picked".into()));
        }
    }
    let forged = json!({"pick": format!("A{pick}")});
    assert_eq!(desk.refused(&page, "open", forged).await.1, "not_picked");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_done_by_hand_is_in_the_audit_without_names() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let opened = desk.clock.now();
    let hits = desk.search(&page, "email", WANDA).await;
    let pick = attribute(&hits, "data-pick").unwrap();
    desk.given(&page, "open", json!({"pick": pick})).await;
    desk.given(&page, "link", json!({"pick": pick})).await;
    desk.given(&page, "unlink", json!({"install": "acme-usa"}))
        .await;
    let audit = desk.audit().await;
    let rows: Vec<_> = audit
        .iter()
        .map(|entry| (entry.action.as_str(), entry.kind.as_str()))
        .collect();
    assert_eq!(
        rows,
        [
            ("agent.search", "subject"),
            ("agent.open", "customer"),
            ("agent.link", "customer"),
            ("agent.unlink", "install"),
        ]
    );
    assert_eq!(audit[2].object, "acme-usa/176700002");
    assert!(audit.iter().all(|entry| entry.who == audit[0].who));
    // A call that is tried again moves the clock.
    let meanwhile = opened..=desk.clock.now();
    assert!(audit.iter().all(|entry| meanwhile.contains(&entry.at)));
    assert!(audit.is_sorted_by_key(|entry| entry.at));
    let printed = format!("{audit:?}");
    assert!(printed.contains(desk.here.id.as_str()));
    for personal in ["Dana", "ticket-7", "wanda", KIM] {
        assert!(!printed.contains(personal), "{personal} in {printed}");
    }
    let log = crate::house::heard();
    for personal in [
        "Dana Desk",
        "ticket-7",
        WANDA,
        page.token.as_str(),
        pick.as_str(),
    ] {
        assert!(!log.contains(personal), "{personal} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn among_several_records_one_is_picked_on_the_card() {
    let desk = Desk::open().await;
    let twin = ("email", "twin@mail.example");
    let page = desk.page(&desk.here, &[twin, DANA, TICKET]).await;
    assert!(page.html.contains(r#"data-outcome="several""#));
    let picks = attributes(&page.html, "data-pick");
    assert!(picks.len() > 1);
    let card = desk.given(&page, "link", json!({"pick": picks[0]})).await;
    assert!(card.contains(r#"data-outcome="found""#));
}
