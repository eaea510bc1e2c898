//! The service, killed at any moment while it tells Kustomer what changed.

use std::time::Instant;

use sidecard::domain::secret::random_hex;

use super::*;
use crate::sidecard::Folder;

const ROUNDS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nothing_stands_twice_after_kills() {
    let options = kustomer::Options {
        refuses_duplicates: false,
        limit: 1_000_000,
        object_limit: 1_000_000,
        ..kustomer::Options::default()
    };
    let kustomer = kustomer::start(options).await.unwrap();
    let names = app(&kustomer).await;
    let folder = Folder::empty().await;
    folder.keys();
    folder.configure(&format!(
        "[kustomer]\nbase_url = \"{0}\"\nweb_url = \"{0}\"\nsdk_url = \"{0}/sdk\"\n",
        kustomer.base_url()
    ));
    let lines = format!("{TOKEN}\n{SECRET}");
    folder
        .run_with(&["install", "add", "--shop", "acme-usa"], &lines)
        .ok();
    let added = folder.run_with(
        &[
            "workspace",
            "add",
            "--install",
            "acme-usa",
            "--helpdesk",
            "kustomer",
            "--org",
            "acme",
            "--api-key-stdin",
            "--json",
        ],
        KEY,
    );
    let added: Value = serde_json::from_str(&added.ok()).unwrap();
    let workspace = WorkspaceId::new(added["id"].as_str().unwrap());
    let store = open(&folder).await;
    let named = store.set_workspace(&workspace, as_of(), |settings| {
        let mut kept = settings.helpdesk.settings();
        names.keep(&mut kept);
        settings.helpdesk = HelpdeskSettings::of(&kept);
    });
    assert!(named.await.unwrap().is_some());
    let hook = store.install(&usa()).await.unwrap().unwrap().hook_id;
    store.close().await;
    let row = row(&folder).await;
    let first: chrono::DateTime<chrono::Utc> = row["updated_at"].as_str().unwrap().parse().unwrap();

    let random = |below: u64| u64::from_str_radix(&random_hex(4), 16).unwrap() % below;
    let (client, mut next, mut acknowledged) = (client(), 2_u64, 0);
    for round in 0..ROUNDS {
        let service = folder.serve();
        let url = format!(
            "{}/hooks/recharge/{hook}/subscription/updated",
            service.base
        );
        let enough = next + 3 + random(12);
        while next < enough {
            let mut row = row.clone();
            row["quantity"] = next.into();
            let at = first + chrono::Duration::seconds(i64::try_from(next).unwrap());
            row["updated_at"] = at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string().into();
            let body = json!({ "subscription": row }).to_string();
            let digest = Sha256::new_with_prefix(SECRET)
                .chain_update(&body)
                .finalize();
            let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let sent = client
                .post(&url)
                .header("X-Recharge-Hmac-Sha256", signature)
                .body(body);
            assert_eq!(sent.send().await.unwrap().status(), 200, "{round}");
            acknowledged = next;
            next += 1;
        }
        let (since, wait) = (Instant::now(), Duration::from_micros(random(30_000)));
        while since.elapsed() < wait {
            std::hint::spin_loop();
        }
        service.kill();
        // Who was killed holds its lease for a while: for the next one that time has passed.
        let store = open(&folder).await;
        let name = format!("timeline {workspace}");
        let (now, much_later) = (
            chrono::DateTime::UNIX_EPOCH,
            as_of() + chrono::Duration::days(9_999),
        );
        assert!(store.lease(&name, "nobody", now, much_later).await.unwrap());
        store.close().await;
    }
    let service = folder.serve();
    let quantity = || {
        let object = kustomer.kobject(&names.klass, KIMS_OBJECT);
        object.map_or(0, |o| {
            o["attributes"]["custom"]["quantityNum"].as_u64().unwrap()
        })
    };
    until("the last word stands there", async || {
        tokio::time::sleep(Duration::from_millis(5)).await;
        quantity() == acknowledged
    })
    .await;
    let objects = kustomer.kobjects(&names.klass);
    let mut ids: Vec<_> = objects
        .iter()
        .map(|o| o["attributes"]["externalId"].to_string())
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "one object for each subscription: {ids:?}");
    assert!(ids.contains(&format!("\"{KIMS_OBJECT}\"")));
    assert_eq!(service.stop(), 0);
}

async fn open(folder: &Folder) -> Store {
    let url = format!("sqlite://{}", folder.path("sidecard.db").display());
    let keys = KeyRing::read(&folder.path("sidecard.keys")).unwrap();
    Store::open(&url, keys, as_of()).await.unwrap()
}

async fn row(folder: &Folder) -> Value {
    let answer = client()
        .get(format!("{}/subscriptions/{KIMS}", folder.base_url()))
        .header("X-Recharge-Access-Token", TOKEN)
        .header("X-Recharge-Version", "2021-11")
        .send()
        .await
        .unwrap();
    read_json(answer).await["subscription"].take()
}
