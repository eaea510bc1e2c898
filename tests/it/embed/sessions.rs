//! Who may ask for what an open page shows.

use serde_json::json;

use super::{DANA, Desk, KIM, TICKET, attribute, code_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_asks_again_with_its_session_alone() {
    let desk = Desk::open().await;
    let page = desk.page(&desk.here, &[("email", KIM), DANA]).await;
    let hosts = r#"data-hosts="^(https://desk\.example|http://127\.0\.0\.1(:\d+)?)$""#;
    assert!(page.html.contains(hosts));
    let card = desk.given(&page, "refresh", json!({})).await;
    assert!(card.starts_with("<div id=\"card\""), "{card}");
    assert!(card.contains(r#"data-subscription="585000001""#));
    // The same session, the same card: nothing to fetch for a page that shows it.
    for name in ["data-session", "data-version", "data-until"] {
        assert_eq!(
            attribute(&card, name),
            attribute(&page.html, name),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_opened_too_often_says_so_in_words() {
    let desk = Desk::open().await;
    let address = desk.address_of(&desk.here, &[("email", KIM)]);
    let mut refused = None;
    for _ in 0..=200 {
        let response = desk.sent(desk.get(&address)).await;
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("there is a limit");
    assert_eq!(refused.headers()["retry-after"], "1");
    let html = refused.text().await.unwrap();
    assert!(html.contains("Too many cards at once") && html.contains("Reload the ticket"));
    assert!(!html.contains("not understood"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_open_page_asks_for_counts_as_the_workspaces_too() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let other = desk.page(&desk.there, &[("email", KIM)]).await;
    // Whoever has no session uses nothing up.
    let nobody = super::Open {
        token: page.token.replacen('.', "A.", 1),
        ..desk.kims().await
    };
    for _ in 0..=200 {
        assert_eq!(desk.act(&nobody, "refresh", json!({})).await.status(), 401);
    }
    let mut refused = None;
    for _ in 0..=200 {
        let response = desk.act(&page, "refresh", json!({})).await;
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("there is a limit");
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(code_of(refused).await, (429, "too_many_requests".into()));
    for act in ["search", "open", "link", "unlink"] {
        let code = desk.refused(&page, act, json!({})).await;
        assert_eq!(code, (429, "too_many_requests".into()), "{act}");
    }
    desk.given(&other, "refresh", json!({})).await;
    desk.later(1);
    desk.given(&page, "refresh", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_session_every_act_gets_one_and_the_same_401() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let foreign = desk
        .page(&desk.there, &[("email", KIM), DANA, TICKET])
        .await;
    let nobodys = "0".repeat(32);
    let mut bodies = std::collections::BTreeSet::new();
    let mut refuse = async |workspace: &str, act: &str, token: Option<&str>| {
        let address = desk
            .act_address(&page, act)
            .replace(page.workspace.as_str(), workspace);
        let client = crate::house::client();
        let request = match act {
            "events" => client.get(address),
            _ => client.post(address).body(r#"{"anew":false}"#),
        };
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401, "{act}");
        bodies.insert(response.text().await.unwrap());
    };
    let here = page.workspace.as_str();
    for act in ["refresh", "search", "open", "link", "unlink", "events"] {
        refuse(here, act, None).await;
        refuse(here, act, Some(desk.here.secret.reveal())).await;
        refuse(here, act, Some(&foreign.token)).await;
        refuse(here, act, Some(&page.token.replacen('.', "A.", 1))).await;
        refuse(&nobodys, act, Some(&page.token)).await;
    }
    desk.later(600 + 900);
    for act in ["refresh", "search", "open", "link", "unlink", "events"] {
        refuse(here, act, Some(&page.token)).await;
    }
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert!(bodies.first().unwrap().contains("session_over"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_a_quarter_of_an_hour_after_its_address() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    desk.later(600 + 899);
    desk.given(&page, "refresh", json!({})).await;
    desk.later(1);
    let refused = desk.refused(&page, "refresh", json!({})).await;
    assert_eq!(refused, (401, "session_over".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_ends_sessions_when_its_overlap_is_over() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let now = desk.clock.now();
    let overlap = now + chrono::TimeDelta::minutes(5);
    let rotated = desk.store.rotate_secret(&desk.here.id, None, overlap, now);
    rotated.await.unwrap();
    desk.settled(&desk.here).await;
    desk.given(&page, "refresh", json!({})).await;
    desk.later(301);
    desk.until_refused(&page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_workspace_ends_all_sessions() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    desk.given(&page, "refresh", json!({})).await;
    desk.set(&desk.here, |settings| settings.enabled = false)
        .await;
    desk.until_refused(&page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_changes_the_customer_gets_the_part_of_the_page_that_is_theirs() {
    let desk = Desk::open().await;
    let wanda = desk.address_of(&desk.here, &[("email", "wanda.weekly@mail.example"), DANA]);
    let request = desk.get(&wanda).header("x-sidecard-fragment", "1");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let part = response.text().await.unwrap();
    assert!(part.starts_with("<div id=\"card\"") && part.ends_with("</div>"));
    assert_eq!(part.matches("<main").count(), 1);
    assert!(!part.contains("<script") && !part.contains("<style") && !part.contains("<html"));
    // Its session is the new customer's.
    let page = super::Open {
        workspace: desk.here.id.clone(),
        token: attribute(&part, "data-session").unwrap(),
        html: String::new(),
    };
    let card = desk.given(&page, "refresh", json!({})).await;
    assert!(card.contains("wanda.weekly@mail.example"));
    // The header opens nothing by itself.
    let forged = wanda.replace("signature=", "signature=0");
    let request = desk.get(&forged).header("x-sidecard-fragment", "1");
    assert_eq!(request.send().await.unwrap().status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_read_anew_once_in_ten_seconds() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    desk.recharge.forget_requests();
    let card = desk.given(&page, "refresh", json!({"anew": true})).await;
    assert!(card.contains("Updated just now.") && card.contains("585000001"));
    assert!(!desk.recharge.requests().is_empty());
    desk.recharge.forget_requests();
    desk.later(9);
    let card = desk.given(&page, "refresh", json!({"anew": true})).await;
    assert!(card.contains("Try again in ten seconds") && card.contains("585000001"));
    assert!(desk.recharge.requests().is_empty(), "nobody was asked");
    desk.later(1);
    let card = desk.given(&page, "refresh", json!({"anew": true})).await;
    assert!(card.contains("Updated just now."));
    assert!(!desk.recharge.requests().is_empty());
    // While nobody answers, the card that is known stands in, and is no update.
    desk.recharge.set_faults("reset=1".parse().unwrap());
    desk.later(10);
    let card = desk.given(&page, "refresh", json!({"anew": true})).await;
    assert!(card.contains("585000001") && !card.contains("Updated just now."));
    assert!(card.contains("Not the newest"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_act_is_told_so() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    for (act, body) in [
        ("refresh", json!([])),
        ("search", json!({"by": "email"})),
        ("search", json!({"by": "name", "text": "Kim"})),
        ("link", json!({"install": "acme-usa"})),
        ("unlink", json!({"install": "ACME USA"})),
        ("unlink", json!({"install": "acme-eu"})),
    ] {
        let (status, code) = desk.refused(&page, act, body.clone()).await;
        assert_eq!((status, code.as_str()), (400, "not_an_act"), "{act} {body}");
    }
    let request = desk.get(&desk.act_address(&page, "search"));
    let response = request.bearer_auth(&page.token).send().await.unwrap();
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(code_of(response).await.0, 405);
    assert_eq!(desk.refused(&page, "delete", json!({})).await.0, 404);
}
