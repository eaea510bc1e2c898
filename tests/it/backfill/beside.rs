//! A run while the service is at work over the same store: each opens it for itself, as two processes do.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sidecard::app::App;
use sidecard::config::Config;
use sidecard::domain::install::InstallName;
use sidecard::domain::subscription::Selection;
use tokio::sync::oneshot;

use super::depot::{CLIENT_SECRET, began, customer_of, external_id, open};
use super::{SUBSCRIPTIONS, Scene, all, is_known};
use crate::house::client;

/// Every so many subscriptions one changes while the run is under way.
const EVERY: usize = 7;

impl Scene {
    /// A service, over a store handle of its own. It ends with what comes back.
    async fn service(&self) -> (String, oneshot::Sender<()>) {
        let (recharge, kustomer) = (self.recharge.base_url(), self.kustomer.base_url());
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nops_listen = \"\"\n[recharge]\nbase_url = \"{recharge}\"\n[kustomer]\nbase_url = \"{kustomer}\"\nweb_url = \"{kustomer}\"\nsdk_url = \"{kustomer}/sdk\"\n"
        );
        let mut config = Config::parse(&toml, &BTreeMap::new()).unwrap();
        config.server.drain = std::time::Duration::ZERO;
        let store = open(self.folder.path()).await;
        let app = App::without_admin(&config, &self.depot.clock, &store)
            .await
            .unwrap();
        let lookups = app.lookups().clone();
        for install in store.installs().await.unwrap() {
            lookups.warm(&Arc::new(install.connected())).await;
        }
        let address = app.address();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(app.run(async move {
            let _ = stopped.await;
        }));
        let install = InstallName::parse("acme-usa").unwrap();
        let hook = store.install(&install).await.unwrap().unwrap().hook_id;
        let url = format!("http://{address}/hooks/recharge/{hook}/subscription/updated");
        (url, stop)
    }

    /// Recharge says that this subscription has another quantity now, until that is acknowledged.
    async fn changes(&self, url: &str, subscription: usize, quantity: u64) {
        let id = 585_000_000 + subscription;
        let now = began() + chrono::TimeDelta::minutes(1);
        let members = json!({"quantity": quantity, "updated_at": now.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()});
        let which = i64::try_from(id).unwrap();
        self.recharge.patch("subscriptions", which, members);
        let truth = self
            .recharge
            .truth(i64::try_from(176_000_000 + customer_of(subscription)).unwrap());
        let rows = truth["subscriptions"].as_array().unwrap();
        let row: &Value = rows.iter().find(|row| row["id"] == id).unwrap();
        let body = json!({ "subscription": row }).to_string();
        let digest = Sha256::new_with_prefix(CLIENT_SECRET)
            .chain_update(&body)
            .finalize();
        let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        loop {
            let request = client().post(url).body(body.clone());
            let request = request.header("X-Recharge-Hmac-Sha256", &signature);
            // With a clock that runs fast a commit may take longer than a sender waits: it is sent again.
            match request.send().await.unwrap().status().as_u16() {
                200 => return,
                status => assert_eq!(status, 503),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_service_that_is_told_of_changes_nothing_stands_twice_and_the_newest_stays() {
    let scene = Scene::open().await;
    let depot = &scene.depot;
    let (url, stop) = scene.service().await;
    let backfill = depot.backfill(false).await;
    let all_of_it = Selection::default();
    let plan = depot
        .while_serving(backfill.plan(all_of_it, None, 150))
        .await
        .unwrap();
    let begun = backfill.begin(all_of_it, None, &plan).await;
    let mut run = begun.unwrap();
    let changed: Vec<usize> = (0..SUBSCRIPTIONS).step_by(EVERY).collect();
    let changing = async {
        // The first of them when the run has made some, so that both kinds are among them.
        while scene.objects().is_empty() {
            tokio::task::yield_now().await;
        }
        for n in &changed {
            scene.changes(&url, *n, 100 + *n as u64).await;
        }
    };
    let both = async { tokio::join!(backfill.run(&mut run), changing).0 };
    depot.while_serving(both).await.unwrap();
    let told = async {
        loop {
            let depth = depot.store.outbox_depth(&depot.workspace).await.unwrap();
            let hooks = depot.store.inbox_depth().await.unwrap();
            if depth.waiting == 0 && hooks == 0 {
                assert_eq!(depth.parked, 0);
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    depot.while_serving(told).await;
    assert_eq!(scene.external_ids(), all());
    for n in changed.into_iter().filter(|n| is_known(customer_of(*n))) {
        let object = scene.kustomer.kobject(&depot.klass, &external_id(n));
        let quantity = &object.unwrap()["attributes"]["custom"]["quantityNum"];
        assert_eq!(*quantity, 100 + n as u64, "{n}");
    }
    let counts = run.counts;
    let sum = counts.made + counts.written + counts.same + counts.left + counts.nobody;
    assert_eq!(sum, counts.looked_at, "{counts:?}");
    assert_eq!(counts.looked_at, SUBSCRIPTIONS as u64);
    let _ = stop.send(());
}
