//! Many changes at a Kustomer that fails now and then.

use std::collections::BTreeMap;

use super::*;

/// Changes in all.
const CHANGES: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn with_faults_all_end_right_none_is_lost_and_none_stands_twice() {
    // Whether Kustomer refuses a second object with an external id that is taken is not established: here it does not.
    let options = kustomer::Options {
        refuses_duplicates: false,
        faults: "429=0.02,500=0.02,lost=0.01,seed=3".parse().unwrap(),
        ..kustomer::Options::default()
    };
    let mut office = Office::with(options, &[("share", "90")]).await;
    office.serve().await;
    let people = [
        KIM,
        "yuki.yen@mail.example",
        "skye.skipped@mail.example",
        "felix.failed@mail.example",
    ];
    let mut subscriptions = Vec::new();
    for person in people {
        let card = office.ask(person).await;
        let all = card["subscriptions"].as_array().unwrap();
        subscriptions.extend(all.iter().map(|s| s["id"].as_str().unwrap().to_owned()));
    }
    let mut rows = BTreeMap::new();
    for id in &subscriptions {
        rows.insert(id.clone(), office.row(id, 1, 0).await);
    }
    let mut last = BTreeMap::new();
    for n in 1..=CHANGES {
        let id = &subscriptions[usize::try_from(n).unwrap() * 7 % subscriptions.len()];
        let mut row = rows[id].clone();
        row["quantity"] = n.into();
        row["updated_at"] = stamp(60 + i64::try_from(n).unwrap()).into();
        office
            .hook("subscription/updated", &json!({ "subscription": row }))
            .await;
        last.insert(id.clone(), n);
        if n % 20 == 0 {
            office.later(Duration::from_secs(1));
        }
    }
    office.in_the_end().await;
    let parked = office.store.parked_entries(&office.workspace, 9).await;
    assert_eq!(parked.unwrap(), []);
    let mut shown = BTreeMap::new();
    for object in office.objects() {
        let custom = &object["attributes"]["custom"];
        let id = custom["subscriptionStr"].as_str().unwrap().to_owned();
        let before = shown.insert(id.clone(), custom["quantityNum"].as_u64().unwrap());
        assert_eq!(before, None, "{id} stands there twice");
    }
    for (id, quantity) in &last {
        assert_eq!(shown.get(id), Some(quantity), "{id}");
    }
    assert_eq!(shown.len(), subscriptions.len());
}
