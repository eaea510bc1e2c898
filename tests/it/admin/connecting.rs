//! From a pasted token to a connected shop, or to a sentence that says why not.

use sidecard::domain::install::InstallName;
use sidecard::simulator::recharge::Faults;
use sidecard::store::{InstallRecord, InstallState, Role};

use super::browser::{Desk, bodies};
use crate::house::{TOKEN, TOKEN_WITHOUT_ORDERS, heard, minutes};

const ONLY_CUSTOMERS: &str =
    "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e3";

pub async fn install(desk: &Desk, name: &str) -> Option<InstallRecord> {
    let name = InstallName::parse(name).unwrap();
    desk.store.install(&name).await.unwrap()
}

fn fields<'a>(shop: &'a str, token: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("shop", shop),
        ("token", token),
        ("client_secret", "a-client-secret-marker"),
        ("contact", "Dana, #cx-tools"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_connects_the_shop() {
    let desk = Desk::open().await;
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    let page = browser.get("/admin/connect").await;
    for said in [
        "Tools & apps, then API tokens",
        "Enabled integrations",
        "Customers: Read",
        "API access",
        "behind the token's name",
    ] {
        assert!(page.text().contains(said), "{said}");
    }
    let typed = fields("https://acme-usa.myshopify.com/admin", TOKEN);
    let page = browser.do_and_see("/admin/connect", &typed).await;
    assert!(page.has("The shop is connected"));
    assert!(page.has("verified: Recharge says the token is this shop's"));
    assert!(page.has("Dana, #cx-tools") && page.has("America/New_York"));
    assert!(!page.has("Shop not verified"));

    let record = install(&desk, "acme-usa").await.unwrap();
    assert_eq!(record.token.unwrap().reveal(), TOKEN);
    assert_eq!(record.client_secrets.len(), 1);
    assert_eq!(record.state, InstallState::Ok);
    assert!(record.settings.shop_verified && !record.settings.scopes.is_empty());
    let entry = desk.audited("install.add").await;
    assert_eq!(
        (entry.object.as_str(), entry.detail.as_str()),
        ("acme-usa", "checked, shop verified")
    );
    let page = browser.get("/admin").await;
    assert!(page.has("href=\"/admin/shops/acme-usa\"") && page.has("Connected"));

    // The same name once more.
    let page = browser.post("/admin/connect", &typed).await;
    assert_eq!(page.status, 422);
    assert!(page.has("under the name acme-usa already"));
}

#[tokio::test(flavor = "multi_thread")]
async fn quotation_marks_around_what_is_pasted_are_removed_and_that_is_said() {
    let desk = Desk::open().await;
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    let quoted = format!("\"{TOKEN}\"");
    let typed = [
        ("shop", "acme-usa"),
        ("token", quoted.as_str()),
        ("client_secret", "'a-client-secret-marker'"),
    ];
    let page = browser.do_and_see("/admin/connect", &typed).await;
    assert!(page.has("The shop is connected, without the quotation marks"));
    let record = install(&desk, "acme-usa").await.unwrap();
    assert_eq!(record.token.unwrap().reveal(), TOKEN);
    assert_eq!(
        record.client_secrets[0].as_ref().unwrap().reveal(),
        "a-client-secret-marker"
    );
    let again = [("token", quoted.as_str())];
    let page = browser
        .do_and_see("/admin/shops/acme-usa/token", &again)
        .await;
    assert!(page.has("The new token is in use, without the quotation marks"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_field_says_what_is_wrong_and_only_the_token_is_forgotten() {
    let desk = Desk::open().await;
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    let page = browser
        .post(
            "/admin/connect",
            &[
                ("shop", "www.acme.example"),
                ("token", "sk_marker_token has blanks"),
                ("client_secret", "also has blanks-marker"),
                ("contact", "Dana\u{7}"),
                ("name", "Not A Name"),
            ],
        )
        .await;
    assert_eq!(page.status, 422);
    let text = page.text();
    for said in [
        "5 things need another look",
        "That is the shop's own domain",
        "a blank or an odd letter inside",
        "has a blank inside",
        "in at most 120 characters",
        "Not a name for an install",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    for field in ["shop", "token", "client_secret", "contact", "name"] {
        assert!(page.has(&format!("href=\"#{field}\"")), "{field}");
        assert!(page.has(&format!("id=\"{field}-wrong\"")), "{field}");
    }
    assert_eq!(page.value("shop").unwrap(), "www.acme.example");
    assert_eq!(page.value("name").unwrap(), "Not A Name");
    assert_eq!(page.value("token"), None);
    assert!(
        !page.has("marker_token")
            && !page.has("blanks-marker")
            && !heard().contains("sk_marker_token")
    );

    for (shop, token, secret, said) in [
        ("", "", "", "Paste the API token"),
        ("acme-usa", "strfnt_123", "", "Storefront token"),
        ("acme-usa", "shpat_123", "", "a token of Shopify"),
        ("acme-usa", TOKEN, TOKEN, "this is the API token again"),
    ] {
        let typed = [("shop", shop), ("token", token), ("client_secret", secret)];
        let page = browser.post("/admin/connect", &typed).await;
        assert_eq!(page.status, 422);
        assert!(
            page.text().to_lowercase().contains(&said.to_lowercase()),
            "{said}"
        );
        assert!(!page.has(TOKEN));
    }
    assert!(desk.store.installs().await.unwrap().is_empty());
    assert_eq!(
        desk.recharge.requests().len(),
        0,
        "nothing was worth asking"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_recharge_says_of_a_token_is_told_and_nothing_is_saved() {
    let desk = Desk::open().await;
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    let unknown = TOKEN.replace("fa4e", "dead");
    for (shop, token, said) in [
        (
            "acme-usa",
            unknown.as_str(),
            [
                "Recharge does not accept this API token",
                "Nothing was saved",
            ],
        ),
        (
            "other-shop",
            TOKEN,
            ["You typed other-shop", "the token is of acme-usa"],
        ),
        (
            "acme-usa",
            ONLY_CUSTOMERS,
            [
                "This API token may not read enough",
                "There is nothing to show",
            ],
        ),
    ] {
        let page = browser.post("/admin/connect", &fields(shop, token)).await;
        assert_eq!(page.status, 422);
        for said in said {
            assert!(page.text().contains(said), "{said} in {}", page.text());
        }
        assert_eq!(page.value("shop").unwrap(), shop);
        assert!(page.has("Paste the API token again"));
        assert!(!page.has(token) && !page.has("secret-marker"));
    }
    assert!(desk.store.installs().await.unwrap().is_empty());
    for secret in [TOKEN, &unknown, "secret-marker"] {
        assert!(!heard().contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_orders_connects_and_says_what_is_missing() {
    let desk = Desk::open().await;
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    let typed = fields("acme-usa", TOKEN_WITHOUT_ORDERS);
    let page = browser.do_and_see("/admin/connect", &typed).await;
    let text = page.text();
    assert!(
        text.contains("Orders: Read recommended missing No last order"),
        "{text}"
    );
    assert!(text.contains("Customers: Read needed yes"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_recharge_is_said_and_the_shop_may_be_saved_unchecked() {
    let desk = Desk::open().await;
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    desk.recharge.set_faults("500=1".parse().unwrap());
    let page = browser
        .post("/admin/connect", &fields("acme-usa", TOKEN))
        .await;
    assert_eq!(page.status, 503);
    assert!(page.has("Save without checking") && page.text().contains("was not checked"));
    assert!(!page.has(TOKEN));
    let held = page.value("held").unwrap();

    // Another person's session finds nothing there.
    let mut other = desk.logged_in("kim", Role::Admin).await;
    let save = [("held", held.as_str()), ("do", "save")];
    assert_eq!(other.post("/admin/connect/held", &save).await.status, 422);
    assert!(install(&desk, "acme-usa").await.is_none());

    let page = browser.do_and_see("/admin/connect/held", &save).await;
    assert!(page.has("Nothing was checked yet") && page.has("Shop not verified"));
    assert_eq!(desk.audited("install.add").await.detail, "not checked");
    // Handed over once.
    assert_eq!(browser.post("/admin/connect/held", &save).await.status, 422);

    desk.recharge.set_faults(Faults::default());
    let page = browser.do_and_see("/admin/shops/acme-usa/check", &[]).await;
    assert!(page.has("Checked: Recharge accepts the token") && !page.has("Shop not verified"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_finds_another_shops_token_says_what_it_changed() {
    let desk = Desk::open().await;
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    desk.recharge.set_faults("500=1".parse().unwrap());
    let page = browser
        .post("/admin/connect", &fields("acme-asia", TOKEN))
        .await;
    let held = page.value("held").unwrap();
    let save = [("held", held.as_str()), ("do", "save")];
    browser.do_and_see("/admin/connect/held", &save).await;
    let confirm = "/admin/shops/acme-asia/confirm";
    assert!(!browser.do_and_see(confirm, &[]).await.has("not verified"));
    desk.recharge.set_faults(Faults::default());
    let page = browser.post("/admin/shops/acme-asia/check", &[]).await;
    assert_eq!(page.status, 422);
    let text = page.text();
    assert!(text.contains("of acme-usa, not of acme-asia"), "{text}");
    assert!(text.contains("Shop not verified") && !text.contains("Nothing was saved"));
    assert!(!text.contains("You typed"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_held_is_tried_again_and_forgotten_after_ten_minutes() {
    let desk = Desk::open().await;
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    desk.recharge.set_faults("500=1".parse().unwrap());
    let page = browser
        .post("/admin/connect", &fields("acme-usa", TOKEN))
        .await;
    let again =
        [("held", &*page.value("held").unwrap()), ("do", "check")].map(|(a, b)| (a, b.to_owned()));
    let again: Vec<(&str, &str)> = again.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let page = browser.post("/admin/connect/held", &again).await;
    assert_eq!(page.status, 503, "still down, and held anew");
    let held = page.value("held").unwrap();
    desk.clock.advance(minutes(10));
    let page = browser
        .post("/admin/connect/held", &[("held", &held), ("do", "save")])
        .await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("paste it once more"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_not_told_has_no_links_until_an_admin_confirms_it() {
    let token = "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e9";
    let tokens = format!(
        r#"{{"tokens":[{{"token":"{token}","name":"No store","scopes":["read_customers","read_subscriptions","read_orders"]}}]}}"#
    );
    let data = bodies(&[
        ("tokens.json", &tokens),
        ("store.json", r#"{"store":{"id":1}}"#),
    ]);
    let desk = Desk::with(data, "sqlite://:memory:").await;
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    let page = browser
        .do_and_see("/admin/connect", &fields("acme-usa", token))
        .await;
    assert!(
        page.has("Shop not verified") && page.has("Is it the right shop?"),
        "{}",
        page.text()
    );
    assert!(page.has("https://acme-usa-sp.admin.rechargeapps.com/merchant/customers/1"));
    let look = [("email", "kim@acme.example")];
    let page = browser.post("/admin/shops/acme-usa/lookup", &look).await;
    assert!(page.has("One customer was found") && !page.has("View in Recharge&lt;/a&gt;"));

    let page = browser
        .do_and_see("/admin/shops/acme-usa/confirm", &[])
        .await;
    assert!(page.has("confirmed by an admin") && !page.has("Is it the right shop?"));
    let page = browser.post("/admin/shops/acme-usa/lookup", &look).await;
    assert!(page.has("View in Recharge&lt;/a&gt;"));
    desk.audited("install.confirm").await;
}
