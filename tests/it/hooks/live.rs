//! From the change at Recharge to the card, by Recharge's own webhook.

use serde_json::{Value, json};

use super::{Desk, KIM, name, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_at_recharge_changes_the_card_without_a_call() {
    let (desk, _outside) = Desk::live().await;
    let (card, _) = desk.card(KIM).await;
    assert_eq!(card["customer"]["subscriptions_active"], 1);
    desk.later(std::time::Duration::from_secs(1));
    desk.recharge.forget_requests();
    let before = quantity(&card);
    let body = json!({ "quantity": before + 1 });
    let (status, _) = desk.recharge.act("PUT", "/subscriptions/585000001", body);
    assert_eq!(status, 200);
    desk.recharge.delivered().await;
    // The subscription's and that of its queued charge: between the two a view reads the customer.
    desk.applied("acme-usa").await;
    until("the card has changed", async || {
        quantity(&desk.accounts(KIM).await[0].take()) == before + 1
    })
    .await;
    assert_eq!(desk.calls(), [""; 0]);
}

fn quantity(card: &Value) -> u64 {
    let row = card["subscriptions"].as_array().unwrap();
    let row = row.iter().find(|row| row["id"] == "585000001").unwrap();
    row["quantity"].as_u64().unwrap()
}

impl Desk {
    /// Ends when a hook of this topic has come.
    pub async fn came(&self, topic: &str) {
        until("the hook has come", async || {
            let came = self.store.hook_deliveries(&name("acme-usa")).await.unwrap();
            came.iter().any(|delivery| delivery.topic == topic)
        })
        .await;
    }
}
