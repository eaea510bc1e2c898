//! What only the path says is believed once Recharge says so too.

use serde_json::json;
use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::simulator::recharge::Faults;
use sidecard::store::{InstallState, LinkKind, LinkRecord, Profile};

use super::{Desk, KIM, broken, kim, name, until};
use crate::house::minutes;

/// Ties a profile to Kim.
async fn link(desk: &Desk) -> bool {
    let workspace = WorkspaceId::new(desk.workspace.as_str());
    let (install, at) = (name("acme-usa"), desk.clock.now());
    let of = Profile {
        install: &install,
        workspace: &workspace,
        profile: "p",
    };
    let link = LinkRecord {
        customer: Some(kim()),
        kind: LinkKind::Manual,
        by: None,
        agent: None,
        at,
        made_for: None,
    };
    desk.store.link(of, &link).await.unwrap()
}

async fn is_linked(desk: &Desk) -> bool {
    let workspace = WorkspaceId::new(desk.workspace.as_str());
    let install = name("acme-usa");
    let of = Profile {
        install: &install,
        workspace: &workspace,
        profile: "p",
    };
    desk.store.link_of(of).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_deleted_goes_with_a_read() {
    let desk = Desk::open().await;
    desk.card(KIM).await;
    desk.recharge.remove("subscriptions", 585_000_001);
    desk.tell(
        "subscription/deleted",
        &json!({"subscription": {"id": 585_000_001}}),
    )
    .await;
    let (card, calls) = desk.card(KIM).await;
    assert_eq!(card["customer"]["subscriptions_active"], 0);
    assert!(!calls.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_update_at_the_path_of_a_deletion_has_no_effect() {
    let desk = Desk::open().await;
    link(&desk).await;
    let (before, _) = desk.card(KIM).await;
    let captured = json!({ "subscription": desk.row("subscription", "585000001").await });
    let customer = json!({ "customer": desk.row("customer", "176700001").await });
    desk.tell("subscription/deleted", &captured).await;
    desk.tell("customer/deleted", &customer).await;
    desk.tell("recharge/uninstalled", &customer).await;
    until("everything was looked at", async || {
        desk.store.inbox_depth().await.unwrap() == 0
    })
    .await;
    let (card, _) = desk.card(KIM).await;
    assert_eq!(
        (&card["subscriptions"], &card["customer"]),
        (&before["subscriptions"], &before["customer"])
    );
    assert!(is_linked(&desk).await);
    let install = desk
        .store
        .install(&name("acme-usa"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(install.state, InstallState::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_is_gone_goes_everywhere_without_a_look() {
    let desk = Desk::open().await;
    desk.card(KIM).await;
    link(&desk).await;
    desk.recharge.remove("customers", 176_700_001);
    let deleted = json!({"customer": {"id": 176_700_001}});
    // While Recharge can't be asked nobody is gone; their card is shown, marked.
    desk.recharge.set_faults(broken());
    desk.tell("customer/deleted", &deleted).await;
    until("it was tried", async || !desk.calls().is_empty()).await;
    assert_eq!(desk.card(KIM).await.0["stale"], true);
    assert!(
        desk.store
            .is_known(&name("acme-usa"), &kim())
            .await
            .unwrap()
    );
    desk.recharge.set_faults(Faults::default());
    desk.later(minutes(1));
    until("they are gone", async || {
        !desk
            .store
            .is_known(&name("acme-usa"), &kim())
            .await
            .unwrap()
    })
    .await;
    until("and so is the hook", async || {
        desk.store.inbox_depth().await.unwrap() == 0
    })
    .await;
    assert!(!is_linked(&desk).await);
    assert_eq!(desk.card(KIM).await.0["outcome"], "not_found");
    // One whom nobody remembers costs no call.
    desk.recharge.forget_requests();
    desk.tell("customer/deleted", &json!({"customer": {"id": 5}}))
        .await;
    until("it is done", async || {
        desk.store.inbox_depth().await.unwrap() == 0
    })
    .await;
    assert!(desk.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_deleted_during_a_long_outage_goes_once_it_is_over() {
    let desk = Desk::open().await;
    desk.card(KIM).await;
    link(&desk).await;
    desk.recharge.remove("customers", 176_700_001);
    desk.recharge.set_faults(broken());
    let deleted = json!({"customer": {"id": 176_700_001}});
    desk.tell("customer/deleted", &deleted).await;
    for _ in 0..20 {
        desk.later(minutes(11));
        desk.applied("acme-usa").await;
    }
    assert_eq!(desk.store.inbox_depth().await.unwrap(), 1);
    assert!(desk.store.parked().await.unwrap().is_empty());
    assert!(is_linked(&desk).await);
    desk.recharge.set_faults(Faults::default());
    desk.later(minutes(11));
    until("they are gone", async || !is_linked(&desk).await).await;
    until("and so is the hook", async || {
        desk.store.inbox_depth().await.unwrap() == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_was_taken_out_of_the_shop_takes_everything_along() {
    let desk = Desk::open().await;
    desk.card(KIM).await;
    link(&desk).await;
    let uninstalled = json!({"store": {"id": 1}});
    desk.recharge.revoke_token();
    desk.tell("recharge/uninstalled", &uninstalled).await;
    let usa = name("acme-usa");
    until("it is shut", async || {
        let install = desk.store.install(&usa).await.unwrap().unwrap();
        install.must_reconnect()
    })
    .await;
    assert!(
        !desk
            .store
            .is_known(&usa, &CustomerId::new("176700001"))
            .await
            .unwrap()
    );
    assert!(!is_linked(&desk).await);
    until("nothing is left", async || {
        desk.store.inbox_depth().await.unwrap() == 0
    })
    .await;
    let (card, _) = desk.card(KIM).await;
    assert_eq!(
        (&card["outcome"], &card["reason"]),
        (&"unavailable".into(), &"reconnect".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_changes_is_asked_for_and_kept() {
    let desk = Desk::open().await;
    let usa = name("acme-usa");
    let before = desk.store.install(&usa).await.unwrap().unwrap();
    assert_eq!(before.settings.profile, Default::default());
    desk.recharge.forget_requests();
    desk.tell("store/updated", &json!({"store": {"id": 1}}))
        .await;
    until("the profile is kept", async || {
        let install = desk.store.install(&usa).await.unwrap().unwrap();
        install.settings.profile != Default::default()
    })
    .await;
    until("the hook is done", async || {
        desk.store.inbox_depth().await.unwrap() == 0
    })
    .await;
    assert_eq!(desk.calls().len(), 1, "one call to the shop");
}
