//! Recharge at its worst: an agent sees the last known card, or why there is none; never an error of ours.

use std::time::Duration;

use crate::house::{House, Plan, TOKEN_WITHOUT_ORDERS, minutes, until};

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_without_a_card_is_unavailable_with_its_reason() {
    let house = House::open().await;
    for (email, reason) in [
        ("rate-limited@fault.example", "rate_limited"),
        ("server-error@fault.example", "unreachable"),
        ("broken-json@fault.example", "unreachable"),
        ("truncated@fault.example", "unreachable"),
        ("reset@fault.example", "unreachable"),
        // The token itself is good: one refused call is not believed.
        ("unauthorized@fault.example", "unreachable"),
    ] {
        // What the one before has spent has come back.
        house.later(Duration::from_secs(10));
        let account = house.account(email).await;
        assert_eq!(account["outcome"], "unavailable", "{email}");
        assert_eq!(account["reason"], reason, "{email}");
        assert_eq!(account["stale"], false, "{email}");
        let page = house.card(email).await;
        assert!(
            page.contains(r#"<main data-outcome="unavailable""#),
            "{email}"
        );
    }
    assert_eq!(
        house.account("kim@acme.example").await["outcome"],
        "found",
        "one bad customer blocks nobody"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_with_a_card_shows_the_card_and_says_why_it_is_old() {
    for (fault, reason) in [
        ("429=1", "rate_limited"),
        ("500=1", "unreachable"),
        ("502=1", "unreachable"),
        ("503=1", "unreachable"),
        ("reset=1", "unreachable"),
        ("truncated=1", "unreachable"),
        ("broken-json=1", "unreachable"),
        ("404=1", "unreachable"),
    ] {
        let mut plan = Plan::default();
        plan.options.bucket = 40;
        let house = House::built(plan).await;
        let before = house.account("kim@acme.example").await;
        house.later(minutes(3 * 60));
        house.recharge.set_faults(fault.parse().unwrap());
        let account = house.account("kim@acme.example").await;
        assert_eq!(account["outcome"], "found", "{fault}");
        assert_eq!(account["stale"], true, "{fault}");
        assert_eq!(account["reason"], reason, "{fault}");
        assert_eq!(account["as_of"], before["as_of"], "{fault}");
        assert_eq!(account["subscriptions"], before["subscriptions"], "{fault}");

        house.recharge.set_faults(Default::default());
        // Who has an old card does not wait for a full bucket: the flight does, behind the answer.
        house.later(Duration::from_secs(15));
        // An answer with the fault may arrive only now: then its retry waits for more time to pass.
        tokio::select! {
            () = until("the fetch ends", || house.lookups.fetching() == 0) => {}
            () = house.time_passes() => unreachable!(),
        }
        let account = house.account("kim@acme.example").await;
        assert_eq!(account["stale"], false, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_remembered_for_a_moment_and_costs_no_further_calls() {
    let house = House::open().await;
    for _ in 0..5 {
        house.account("server-error@fault.example").await;
    }
    assert_eq!(
        house.calls().len(),
        3,
        "one flight, which tried three times"
    );
    house.later(Duration::from_secs(4));
    house.account("server-error@fault.example").await;
    assert_eq!(house.calls().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn past_stale_a_card_is_gone() {
    let house = House::open().await;
    house.account("kim@acme.example").await;
    house.later(minutes(24 * 60 + 1));
    house.recharge.set_faults("500=1".parse().unwrap());
    let account = house.account("kim@acme.example").await;
    assert_eq!(account["outcome"], "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_shows_no_card_at_all_and_says_whom_to_ask() {
    let house = House::open().await;
    house.account("kim@acme.example").await;
    house.later(minutes(11));
    house.recharge.revoke_token();
    let account = house.account("kim@acme.example").await;
    assert_eq!(account["outcome"], "unavailable");
    assert_eq!(account["reason"], "reconnect");
    assert!(account["customer"].is_null());
    let page = house.card("kim@acme.example").await;
    assert!(page.contains("Dana, #cx-tools"), "{page}");
    // Refused once is refused for everybody: no further calls for the next half minute.
    house.calls();
    assert_eq!(
        house.account("wanda.weekly@mail.example").await["reason"],
        "reconnect"
    );
    assert!(house.calls().is_empty());
    house.later(Duration::from_secs(31));
    assert_eq!(
        house.account("wanda.weekly@mail.example").await["reason"],
        "reconnect"
    );
    assert_eq!(
        house.calls(),
        ["/token_information"],
        "first of all, whether the token is accepted again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn charges_alone_may_be_missing() {
    let house = House::built(Plan {
        token: TOKEN_WITHOUT_ORDERS,
        ..Plan::default()
    })
    .await;
    let account = house.account("kim@acme.example").await;
    assert_eq!(account["outcome"], "found");
    assert_eq!(account["missing"], serde_json::json!(["charges"]));
    assert!(
        account["customer"]["last_charge"].is_null()
            && account["customer"]["next_charge"].is_null()
    );
    assert!(account["subscriptions"][0]["schedule"].is_null());
    assert_eq!(
        account["subscriptions"][0]["next_billing_date"],
        "2026-12-15"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_may_not_read_subscriptions_has_to_be_reconnected() {
    let token = "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e3";
    let house = House::built(Plan {
        token,
        ..Plan::default()
    })
    .await;
    let account = house.account("kim@acme.example").await;
    assert_eq!(account["reason"], "reconnect");
}

#[tokio::test(flavor = "multi_thread")]
async fn recharge_being_gone_is_no_error_of_ours() {
    // Bound and not listening: a connection is refused, and nobody else gets the port meanwhile.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let plan = Plan {
        recharge: Some(nobody.local_addr().unwrap()),
        ..Plan::default()
    };
    let house = House::built(plan).await;
    let account = house.account("kim@acme.example").await;
    assert_eq!(account["outcome"], "unavailable");
    assert_eq!(account["reason"], "unreachable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_refused_call_blocks_nobody_else() {
    let house = House::open().await;
    house.account("wanda.weekly@mail.example").await;
    house.recharge.set_faults("403=1".parse().unwrap());
    assert_eq!(
        house.account("kim@acme.example").await["reason"],
        "unreachable"
    );
    house.recharge.set_faults(Default::default());
    assert_eq!(
        house.account("wanda.weekly@mail.example").await["outcome"],
        "found"
    );
}
