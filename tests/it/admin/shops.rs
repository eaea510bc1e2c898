//! A shop's page.

use sidecard::domain::install::InstallName;
use sidecard::store::{InstallState, NewHook, Role};

use super::browser::{Browser, Desk};
use super::connecting::install;
use crate::house::{TOKEN, TOKEN_WITHOUT_ORDERS, heard, minutes, time_passes};

const AT: &str = "/admin/shops/acme-usa";

async fn connected(desk: &Desk) -> Browser<'_> {
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    let typed = [
        ("shop", "acme-usa"),
        ("token", TOKEN),
        ("client_secret", "old-client-secret"),
        ("contact", "Dana"),
    ];
    browser.do_and_see("/admin/connect", &typed).await;
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_is_tried_shown_and_noted_without_the_address() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let look = [("email", "Kim@acme.example")];
    let page = browser.post(&format!("{AT}/lookup"), &look).await;
    assert_eq!(page.status, 200);
    assert!(page.has("srcdoc=\"") && page.has("data-subscription=&quot;585000001&quot;"));
    assert!(page.has("nothing fresh enough: Recharge was asked") && page.has(" ms"));
    let page = browser.post(&format!("{AT}/lookup"), &look).await;
    assert!(page.has("all of it: no need to ask Recharge"));
    let entry = desk.audited("lookup.test").await;
    assert_eq!(
        (entry.kind.as_str(), entry.object.as_str()),
        ("install", "acme-usa")
    );
    assert!(entry.detail.starts_with("email ") && entry.detail.len() == "email ".len() + 16);

    let page = browser
        .post(
            &format!("{AT}/lookup"),
            &[("email", "nobody-marker@mail.example")],
        )
        .await;
    assert!(page.has("Nobody has this address"));
    let page = browser
        .post(&format!("{AT}/lookup"), &[("email", "no address")])
        .await;
    assert_eq!(page.status, 422);
    assert!(!heard().contains("nobody-marker"));

    let mut viewer = desk.logged_in("vic", Role::Viewer).await;
    let page = viewer.get(AT).await;
    assert!(page.status == 200 && !page.has("Test a lookup") && !page.has("Replace the token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_replaces_the_old_one_once_it_is_proven() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let to = format!("{AT}/token");
    let unknown = TOKEN.replace("fa4e", "dead");
    for (token, said) in [
        (unknown.as_str(), "Recharge does not accept this API token"),
        ("", "Paste the API token"),
    ] {
        let page = browser.post(&to, &[("token", token)]).await;
        assert_eq!(page.status, 422);
        assert!(page.has(said));
        let kept = install(&desk, "acme-usa").await.unwrap();
        assert_eq!(kept.token.unwrap().reveal(), TOKEN);
    }
    desk.clock.advance(minutes(5));
    let new = [
        ("token", TOKEN_WITHOUT_ORDERS),
        ("client_secret", "new-client-secret"),
    ];
    let page = browser.do_and_see(&to, &new).await;
    assert!(page.has("The new token is in use") && page.has("missing"));
    let record = install(&desk, "acme-usa").await.unwrap();
    assert_eq!(record.token.unwrap().reveal(), TOKEN_WITHOUT_ORDERS);
    assert_eq!(record.token_replaced_at, desk.clock.now());
    let secrets: Vec<_> = record
        .client_secrets
        .into_iter()
        .map(|s| s.unwrap().reveal().clone())
        .collect();
    assert_eq!(secrets, ["new-client-secret", "old-client-secret"]);
    assert_eq!(
        desk.audited("install.token").await.detail,
        "token and client secret"
    );
    for secret in [TOKEN, TOKEN_WITHOUT_ORDERS, "client-secret"] {
        assert!(!page.has(secret) && !heard().contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_says_reconnect_everywhere_until_a_new_one_is_there() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    desk.recharge.revoke_token();
    let page = browser.post(&format!("{AT}/check"), &[]).await;
    assert_eq!(page.status, 422);
    assert!(page.has("Reconnect this shop") && page.has("Recharge refuses the API token"));
    let record = install(&desk, "acme-usa").await.unwrap();
    assert_eq!(
        record.state,
        InstallState::Reconnect {
            since: desk.clock.now()
        }
    );
    desk.clock.advance(minutes(7));
    let page = browser.get("/admin").await;
    assert!(page.has("Reconnect") && page.has("7 minutes ago") && !page.has(">Connected<"));
    assert_eq!(desk.audited("install.check").await.detail, "refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_while_recharge_is_down_is_what_is_done() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let look = format!("{AT}/lookup");
    let kim = [("email", "kim@acme.example")];
    browser.post(&look, &kim).await;
    desk.clock.advance(minutes(15));
    desk.recharge.set_faults("reset=1".parse().unwrap());
    let mut tried = async |email: &str| {
        let fields = [("email", email)];
        tokio::select! {
            page = browser.post(&look, &fields) => page,
            () = time_passes(&desk.clock, &desk.recharge, &desk.lookups) => unreachable!(),
        }
    };
    let page = tried("kim@acme.example").await;
    assert!(page.has("an old card: Recharge could not be asked in time"));
    let page = tried("wanda.weekly@mail.example").await;
    assert!(page.has("nothing that can be shown") && !page.has("an old card"));

    // A new token is held for a first connection alone: here it has to be pasted again.
    let page = browser
        .post(&format!("{AT}/token"), &[("token", TOKEN)])
        .await;
    assert_eq!(page.status, 503);
    let text = page.text();
    assert!(
        text.contains("Paste it once more in a minute") && text.contains("stays in use"),
        "{text}"
    );
    assert!(!text.contains("kept for ten minutes") && !page.has("name=\"held\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_can_not_be_made_changes_nothing() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    desk.recharge.set_faults("429=1".parse().unwrap());
    let page = browser.post(&format!("{AT}/check"), &[]).await;
    assert!(
        page.text()
            .contains("too many calls in a short time. Nothing was changed")
    );
    assert_eq!(
        install(&desk, "acme-usa").await.unwrap().state,
        InstallState::Ok
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_and_links_are_read_field_by_field() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let bad = [
        ("contact", "Kim"),
        ("customer_link", "http://acme.example/{id}"),
        ("subscription_link", "https://acme.example/"),
    ];
    let page = browser.post(&format!("{AT}/settings"), &bad).await;
    assert_eq!(page.status, 422);
    assert!(page.has("id=\"customer_link-wrong\"") && page.has("id=\"subscription_link-wrong\""));
    assert!(!page.has("id=\"token-wrong\"") && !page.has("id=\"contact-wrong\""));
    assert_eq!(page.value("contact").unwrap(), "Kim");
    let good = [
        ("contact", "Kim"),
        ("customer_link", "https://acme.example/c/{id}"),
        ("subscription_link", ""),
    ];
    browser.do_and_see(&format!("{AT}/settings"), &good).await;
    let settings = install(&desk, "acme-usa").await.unwrap().settings;
    assert_eq!(settings.contact.as_deref(), Some("Kim"));
    assert_eq!(
        settings.customer_link.as_deref(),
        Some("https://acme.example/c/{id}")
    );
    assert_eq!(settings.subscription_link, None);
    desk.audited("install.set").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_asks_for_the_name_and_says_what_went() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let to = format!("{AT}/remove");
    let page = browser.post(&to, &[("confirm", "acme")]).await;
    assert_eq!(page.status, 422);
    assert!(page.has("Type the name exactly"));
    let page = browser.do_and_see(&to, &[("confirm", "acme-usa")]).await;
    assert!(page.has("Removed."));
    let name = InstallName::parse("acme-usa").unwrap();
    assert!(desk.store.install(&name).await.unwrap().is_none());
    assert!(
        desk.audited("install.remove")
            .await
            .detail
            .contains("0 customers")
    );
    assert_eq!(browser.get(AT).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_says_how_it_stands_with_its_webhooks() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let page = browser.get(AT).await;
    assert!(page.has("Webhooks") && page.has("Not registered yet"));
    assert!(page.has("subscription/cancelled") && page.has("not tried yet"));
    let page = browser.post(&format!("{AT}/reach"), &[]).await;
    assert!(page.status == 200, "{}", page.status);
    assert_eq!(desk.audited("install.reach").await.detail, "nothing to try");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_tells_calls_left_the_last_webhook_memory_and_what_waits() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let text = browser.get("/admin").await.text();
    assert!(
        text.contains("acme-usa Connected None yet None made yet just now just now"),
        "{text}"
    );
    assert!(text.contains("No card is in memory. No webhook waits to be applied."));

    let look = [("email", "kim@acme.example")];
    browser.post(&format!("{AT}/lookup"), &look).await;
    let hook = |body: &str| NewHook {
        install: InstallName::parse("acme-usa").unwrap(),
        topic: "subscription/updated".into(),
        body: body.as_bytes().to_vec(),
        received_at: desk.clock.now(),
    };
    desk.store
        .receive_hooks(&[hook("{}"), hook("[]")])
        .await
        .unwrap();
    desk.clock.advance(minutes(2));
    let text = browser.get("/admin").await.text();
    assert!(
        text.contains("acme-usa Connected 2 minutes ago 10000 of 10000 2 minutes ago"),
        "{text}"
    );
    assert!(
        text.contains("In memory: 1 card, less than 0.1 MB. 2 webhooks wait to be applied."),
        "{text}"
    );
}
