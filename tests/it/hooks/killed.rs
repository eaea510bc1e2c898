//! The service, killed at any moment while hooks come in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidecard::domain::secret::random_hex;
use sidecard::store::{KeyRing, Store};

use super::{KIM, SECRET, legacy, name, until};
use crate::house::{TOKEN, client, json as read_json};
use crate::sidecard::Folder;

const ROUNDS: usize = 50;
const SENDERS: usize = 4;

/// How many of the subscription, as the card says: each hook says one more.
fn quantity(answer: &Value) -> u64 {
    let subscriptions = answer["accounts"][0]["subscriptions"].as_array();
    let active = subscriptions
        .into_iter()
        .flatten()
        .find(|subscription| subscription["id"] == "585000001");
    active.map_or(0, |active| active["quantity"].as_u64().unwrap())
}

/// Kim's active subscription as Recharge answers it.
async fn row(folder: &Folder) -> Value {
    let answer = client()
        .get(format!("{}/subscriptions/585000001", folder.base_url()))
        .header("X-Recharge-Access-Token", TOKEN)
        .header("X-Recharge-Version", "2021-11")
        .send()
        .await
        .unwrap();
    read_json(answer).await["subscription"].take()
}

async fn hook_id(folder: &Folder) -> String {
    let url = format!("sqlite://{}", folder.path("sidecard.db").display());
    let keys = KeyRing::read(&folder.path("sidecard.keys")).unwrap();
    let store = Store::open(&url, keys, super::as_of()).await.unwrap();
    let install = store.install(&name("acme-usa")).await.unwrap().unwrap();
    store.close().await;
    install.hook_id
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_acknowledged_is_lost_by_fifty_kills() {
    let mut folder = Folder::empty().await;
    folder.keys();
    let lines = format!("{TOKEN}\n{SECRET}");
    folder
        .run_with(&["install", "add", "--shop", "acme-usa"], &lines)
        .ok();
    let workspace = folder.workspace("acme-usa");
    let (row, id) = (row(&folder).await, hook_id(&folder).await);
    let first: chrono::DateTime<chrono::Utc> = row["updated_at"].as_str().unwrap().parse().unwrap();
    let service = folder.serve();
    assert_eq!(quantity(&service.ask(&workspace, KIM).await.1), 1);
    service.kill();
    // From now on only hooks can change the card.
    folder.without_recharge();

    let random = |below: u64| u64::from_str_radix(&random_hex(4), 16).unwrap() % below;
    let (next, acknowledged) = (AtomicU64::new(2), AtomicU64::new(1));
    let client = client();
    for round in 0..ROUNDS {
        let service = folder.serve();
        let told = acknowledged.load(Ordering::SeqCst);
        service
            .until(&workspace, KIM, |_, answer| quantity(answer) >= told)
            .await;
        let url = format!("{}/hooks/recharge/{id}/subscription/updated", service.base);
        let count = AtomicU64::new(0);
        let sender = async || loop {
            let n = next.fetch_add(1, Ordering::SeqCst);
            let mut row = row.clone();
            row["quantity"] = n.into();
            let at = first + chrono::Duration::seconds(i64::try_from(n).unwrap());
            row["updated_at"] = super::stamp(at).into();
            let body = json!({ "subscription": row }).to_string();
            let signature = legacy(SECRET, body.as_bytes());
            let request = client
                .post(&url)
                .header("X-Recharge-Hmac-Sha256", signature)
                .body(body);
            match request.send().await {
                Ok(response) if response.status() == 200 => {
                    acknowledged.fetch_max(n, Ordering::SeqCst);
                    count.fetch_add(1, Ordering::SeqCst);
                }
                _ => return,
            }
        };
        let killer = async {
            let (enough, wait) = (random(25), Duration::from_micros(random(4_000)));
            until("hooks are acknowledged", async || {
                count.load(Ordering::SeqCst) >= enough
            })
            .await;
            let since = Instant::now();
            while since.elapsed() < wait {
                std::hint::spin_loop();
            }
            service.kill();
        };
        let senders = futures_util::future::join_all((0..SENDERS).map(|_| sender()));
        futures_util::future::join(senders, killer).await;
        assert!(acknowledged.load(Ordering::SeqCst) >= told, "{round}");
    }
    let service = folder.serve();
    let told = acknowledged.load(Ordering::SeqCst);
    let card = service.until(&workspace, KIM, |_, answer| quantity(answer) >= told);
    let seen = quantity(&card.await);
    assert!(
        told > 200 && seen < next.load(Ordering::SeqCst),
        "{told} {seen}"
    );
    assert_eq!(service.stop(), 0);
}
