//! Connecting a shop on the command line: what bad input gets, and what is said.

use serde_json::json;
use sidecard::domain::day::Zone;
use sidecard::domain::install::{InstallName, ShopProfile};
use sidecard::store::{InstallSettings, KeyRing, Store};

use crate::house::{TOKEN, TOKEN_WITHOUT_ORDERS, as_of};
use crate::sidecard::Folder;

const CUSTOMERS_ONLY: &str =
    "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e3";
const UNKNOWN: &str =
    "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fffff";

const ADD: [&str; 4] = ["install", "add", "--shop", "acme-usa"];

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_told_at_once_and_nothing_is_saved() {
    let folder = Folder::empty().await;
    folder.keys();
    let said = folder
        .run_with(
            &[
                "install",
                "add",
                "--shop",
                "https://www.acme.example/shop",
                "--name",
                "Ac me",
                "--customer-link",
                "http://x.example",
            ],
            &format!("{TOKEN}\n{TOKEN}\n"),
        )
        .refused(2);
    assert_eq!(said.matches("error: ").count(), 4, "{said}");
    for part in [
        "`--shop`",
        ".myshopify.com",
        "`--name`",
        "client secret",
        "`--customer-link`",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    for (input, part) in [
        ("", "paste the API token"),
        ("sk with blanks", "a blank"),
        ("strfnt_0123456789", "Storefront"),
        ("shpat_0123456789", "Shopify"),
    ] {
        let said = folder.run_with(&ADD, input).refused(2);
        assert!(said.contains(part), "{said}");
    }
    let said = folder.run_with(&ADD, UNKNOWN).refused(1);
    assert!(said.contains("recharge refuses this API token"), "{said}");
    let ran = folder.run_with(&ADD, CUSTOMERS_ONLY);
    assert!(ran.out.contains("have  Customers: Read"), "{}", ran.out);
    assert!(
        ran.out
            .contains("MISS  Subscriptions: Read: without it there is nothing to show")
    );
    assert!(ran.refused(1).contains("`Subscriptions: Read`"));
    let other = ["install", "add", "--shop", "other-shop"];
    let said = folder.run_with(&other, TOKEN).refused(1);
    assert!(
        said.contains("`other-shop`") && said.contains("`acme-usa`"),
        "{said}"
    );
    let said = folder.run_with(&[&ADD[..], &["--provider", "stripe"]].concat(), TOKEN);
    assert!(said.refused(2).contains("`stripe`"));
    assert!(
        folder
            .run(&["install", "list"])
            .ok()
            .contains("no shop is connected")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn quotation_marks_around_a_pasted_token_or_secret_are_removed_and_that_is_said() {
    const SAID: &str = "the quotation marks around the token or the client secret were removed";
    let folder = Folder::empty().await;
    folder.keys();
    let said = folder.run_with(&ADD, &format!("\"{TOKEN}\"\n'fake-client-secret'\n"));
    assert!(said.ok().contains(SAID));
    let token = ["install", "token", "acme-usa"];
    let said = folder.run_with(&token, &format!("“{TOKEN}”\n")).ok();
    assert!(said.contains(SAID), "{said}");
    let said = folder.run_with(&token, TOKEN).ok();
    assert!(!said.contains(SAID), "{said}");
    let kept = folder.run(&["install", "check", "acme-usa"]).ok();
    assert!(kept.contains("acme-usa"), "{kept}");
    let said = folder.run_with(&token, "\"\"").refused(2);
    assert!(said.contains("paste the API token"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_never_taken_from_an_argument() {
    let folder = Folder::empty().await;
    folder.keys();
    let ran = folder.run(&[&ADD[..], &["--token", TOKEN]].concat());
    assert_eq!(ran.code, 2);
    assert!(!ran.err.contains(TOKEN), "{}", ran.err);
    for command in [
        &["install", "add", "--help"][..],
        &["install", "token", "--help"],
    ] {
        assert!(!folder.run(command).ok().contains("--token"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_is_connected_once_under_a_name() {
    let folder = Folder::connected().await;
    let said = folder.run_with(&ADD, TOKEN).refused(2);
    assert!(
        said.contains("already") && said.contains("--name"),
        "{said}"
    );
    let spelled = "https://admin.shopify.com/store/acme-usa";
    folder
        .run_with(
            &["install", "add", "--shop", spelled, "--name", "second"],
            TOKEN,
        )
        .ok();
    let list = folder.run(&["install", "list"]).ok();
    let rows: Vec<&str> = list.lines().collect();
    assert_eq!(rows.len(), 3);
    assert!(
        rows[0].starts_with("NAME")
            && rows[1].starts_with("acme-usa")
            && rows[2].starts_with("second")
    );
    let column = rows[0].find("STATE").unwrap();
    assert!(rows[1..].iter().all(|row| &row[column..] == "ok"), "{list}");
    let said = folder.run(&["install", "remove", "second"]).refused(2);
    assert!(said.contains("--yes"), "{said}");
    folder.run(&["install", "remove", "second", "--yes"]).ok();
    folder
        .run(&["install", "remove", "second", "--yes"])
        .refused(2);
    folder.run(&["install", "set", "acme-usa"]).refused(2);
    folder.run(&["install", "check", "third"]).refused(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_is_said_with_the_offer_to_save_unchecked() {
    let mut folder = Folder::empty().await;
    folder.keys();
    let there = folder.base_url().to_owned();
    folder.without_recharge();
    let said = folder.run_with(&ADD, TOKEN).refused(1);
    assert!(
        said.contains("can't be asked") && said.contains("`--unchecked`"),
        "{said}"
    );
    let said = folder
        .run_with(&[&ADD[..], &["--unchecked"]].concat(), TOKEN)
        .ok();
    assert!(said.contains("sidecard install check acme-usa"), "{said}");
    assert!(said.contains("--links-confirmed"), "{said}");
    folder.run(&["install", "check"]).refused(1);
    folder.recharge_at(there);
    folder.run(&["install", "check"]).ok();
    let list = folder.run(&["install", "list"]).ok();
    assert!(list.lines().nth(1).unwrap().ends_with("  ok"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_not_told_has_no_links_until_somebody_confirms_them() {
    let folder = Folder::empty().await;
    folder.keys();
    let store = json!({"id": 126001, "name": "Acme", "currency": "USD"});
    folder.recharge.put("store", store);
    let said = folder.run_with(&ADD, TOKEN).ok();
    assert!(said.contains("shop not verified"), "{said}");
    assert!(
        said.contains("test link  https://acme-usa-sp.admin.rechargeapps.com/merchant/customers\n"),
        "{said}"
    );
    assert!(said.contains("install set acme-usa --links-confirmed"));
    assert!(
        folder
            .run(&["install", "list"])
            .ok()
            .contains("shop not verified")
    );
    let look = || folder.run(&["lookup", "kim@acme.example", "--json"]).ok();
    assert!(look().contains("\"provider_url\": null") && !look().contains("rechargeapps.com"));
    folder
        .run(&[
            "install",
            "set",
            "acme-usa",
            "--links-confirmed",
            "--contact",
            "Dana, #cx",
        ])
        .ok();
    assert!(look().contains("/merchant/customers/176700001"));
    assert!(
        !folder
            .run(&["install", "list"])
            .ok()
            .contains("not verified")
    );
}

/// What is kept of the shop.
async fn settings(folder: &Folder) -> InstallSettings {
    let keys = KeyRing::read(&folder.path("sidecard.keys")).unwrap();
    let url = format!("sqlite://{}", folder.path("sidecard.db").display());
    let store = Store::open(&url, keys, as_of()).await.unwrap();
    let usa = InstallName::parse("acme-usa").unwrap();
    store.install(&usa).await.unwrap().unwrap().settings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_is_not_told_the_shop_takes_no_proof_away() {
    let folder = Folder::connected().await;
    let proven = settings(&folder).await;
    assert!(proven.shop_verified && proven.profile.zone != Zone::Unknown);
    let nameless = json!({"id": 126001, "name": "Acme"});
    folder.recharge.put("store", nameless);
    for command in [&["install", "check"][..], &["check"]] {
        let said = folder.run(command).ok();
        assert!(!said.contains("not verified"), "{said}");
        assert_eq!(settings(&folder).await, proven, "{command:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_checked_inherits_nothing_of_the_old_ones_shop() {
    let folder = Folder::connected().await;
    folder
        .run(&["install", "set", "acme-usa", "--links-confirmed"])
        .ok();
    let token = ["install", "token", "acme-usa", "--unchecked"];
    let said = folder.run_with(&token, TOKEN_WITHOUT_ORDERS).ok();
    assert!(said.contains("not verified"), "{said}");
    let kept = settings(&folder).await;
    assert!(!kept.shop_verified && !kept.links_confirmed);
    assert!(kept.scopes.is_empty());
    assert_eq!(kept.profile, ShopProfile::default());
    folder.run(&["install", "check"]).ok();
    let kept = settings(&folder).await;
    assert!(kept.shop_verified && !kept.scopes.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn workspaces_are_joined_listed_and_changed() {
    let folder = Folder::connected().await;
    let add = ["workspace", "add", "--install", "acme-usa", "--helpdesk"];
    let said = folder.run(&[&add[..], &["zendisk"]].concat()).refused(2);
    assert!(
        said.contains("`json`") && said.contains("`embed`"),
        "{said}"
    );
    folder
        .run(&[
            "workspace",
            "add",
            "--install",
            "none",
            "--helpdesk",
            "json",
        ])
        .refused(2);
    let bad = folder.run(
        &[
            &add[..],
            &["embed", "--frame-ancestor", "https://a.example; x"],
        ]
        .concat(),
    );
    assert_eq!(bad.code, 2);
    let embed = [
        &add[..],
        &[
            "embed",
            "--name",
            "desk",
            "--frame-ancestor",
            "https://*.desk.example",
        ],
    ];
    let said = folder.run(&embed.concat()).ok();
    assert!(
        said.contains("/ask/embed/") && said.contains("secret: "),
        "{said}"
    );
    let chosen = folder.run_with(
        &[&add[..], &["json", "--secret-stdin", "--json"]].concat(),
        "chosen-by-the-desk-1\n",
    );
    assert!(chosen.ok().contains("\"secret\":\"chosen-by-the-desk-1\""));
    folder
        .run(&[&add[..], &["json", "--secret-stdin"]].concat())
        .refused(2);
    folder.run(&["workspace", "disable", "desk"]).ok();
    let list = folder.run(&["workspace", "list"]).ok();
    assert_eq!(list.lines().count(), 3);
    assert!(
        list.lines()
            .any(|row| row.contains("desk") && row.contains("disabled")),
        "{list}"
    );
    assert!(!list.contains("chosen-by-the-desk"));
    folder
        .run(&["workspace", "set", "desk", "--expiry", "24h"])
        .ok();
    folder.run(&["workspace", "set", "desk"]).refused(2);
    folder.run(&["workspace", "remove", "nobody"]).refused(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_tells_everything_and_a_lookup_needs_no_service() {
    let folder = Folder::connected().await;
    let said = folder.run(&["check"]).ok();
    for part in [
        "no problem found",
        "keys  ",
        "sound",
        "acme-usa: the token is accepted",
        "all is well",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(
        folder
            .run(&["lookup", "kim@acme.example"])
            .ok()
            .contains("Wool Runner")
    );
    folder
        .run(&["lookup", "kim@acme.example", "--install", "other"])
        .refused(2);
    folder
        .run_with(
            &["install", "add", "--shop", "acme-usa", "--name", "b"],
            TOKEN,
        )
        .ok();
    folder.recharge.revoke_token();
    let said = folder.run(&["check"]).refused(1);
    assert_eq!(said.matches("error: ").count(), 2, "one for each: {said}");
    let said = folder.run(&["admin", "reset"]).refused(2);
    assert!(said.contains("terminal"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_without_webhooks_says_so_and_what_to_do() {
    let folder = Folder::connected().await;
    let list = folder.run(&["install", "list"]).ok();
    assert!(
        list.contains("WEBHOOKS") && list.contains("  off "),
        "{list}"
    );
    let said = folder.run(&["install", "check", "acme-usa"]).ok();
    assert!(
        said.contains("webhooks: off, no API client secret"),
        "{said}"
    );
    assert!(said.contains("sidecard install token acme-usa"), "{said}");
    let said = folder
        .run(&["install", "check", "acme-usa", "--reach"])
        .refused(1);
    assert!(said.contains("no webhook is registered"), "{said}");
}
