//! Who is forgotten goes from timelines too, whatever else is gone by then.

use sidecard::domain::email::Email;
use sidecard::domain::id::CustomerId;
use sidecard::store::Whom;
use sqlx::Connection;

use crate::house::forget_all;

use super::*;

impl Office {
    async fn forget_kim(&self) -> u64 {
        let whom = Whom::Email(Email::parse(KIM).unwrap());
        let erased = self.store.erase(&usa(), &whom, self.clock.now()).await;
        erased.unwrap().objects
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_goes_from_the_timeline_also_when_no_card_is_kept() {
    let mut office = Office::open().await;
    office.serve().await;
    office.sees(KIM).await;
    office.sees("yuki.yen@mail.example").await;
    let all = office.objects().len();
    // As after a day on which nobody looked.
    let customers = forget_all(&office.store, office.clock.now()).await;
    assert!(customers >= 2);
    let kims = office.forget_kim().await;
    assert!(kims > 0);
    until("hers are gone", async || {
        office.objects().len() as u64 == all as u64 - kims
    })
    .await;
    office.told().await;
    assert_eq!(office.object(), None);
    assert_eq!(office.forget_kim().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_card_is_stored_while_somebody_else_is_forgotten_stays_on_the_timeline() {
    let mut office = Office::open().await;
    office.serve().await;
    office.sees(KIM).await;
    let all = office.objects().len();
    // Nothing is in memory.
    office.stop().await;
    office.serve().await;
    let install = office.store.install(&usa()).await.unwrap().unwrap();
    let lookups = office.running.as_ref().unwrap().lookups.clone();
    office.recharge.forget_requests();
    let mut other = sqlx::SqliteConnection::connect_with(
        &sqlx::sqlite::SqliteConnectOptions::new()
            .filename(office.folder.path().join("sidecard.db")),
    )
    .await
    .unwrap();
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let reading = tokio::spawn({
        let (lookups, install) = (lookups.clone(), Arc::new(install.connected()));
        async move {
            lookups
                .reread(&install, &CustomerId::new("176700001"))
                .await
        }
    });
    until("it was read", async || {
        let requests = office.recharge.requests();
        requests.iter().any(|request| request.path == "/charges")
    })
    .await;
    // All installs begin anew when anybody was erased.
    lookups.start_anew(&usa());
    held.rollback().await.unwrap();
    reading.await.unwrap().unwrap();
    office.told().await;
    assert_eq!(office.objects().len(), all);
    assert!(office.object().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_removed_workspace_has_put_there_is_removed_by_the_next_start() {
    let mut office = Office::open().await;
    office.serve().await;
    office.sees(KIM).await;
    let all = office.objects().len();
    assert!(all > 0);
    office.stop().await;
    let removed = office
        .store
        .remove_workspace(&office.workspace, office.clock.now());
    assert_eq!(removed.await.unwrap(), Some(all as u64));
    let former = office
        .store
        .former_workspace(&office.workspace)
        .await
        .unwrap();
    assert!(former.is_some());
    assert_eq!(office.objects().len(), all);
    office.serve().await;
    until("all are gone", async || office.objects().is_empty()).await;
    office.told().await;
    let former = office
        .store
        .former_workspace(&office.workspace)
        .await
        .unwrap();
    assert!(
        former.is_none(),
        "its key is kept no longer than it is needed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_removed_shop_has_put_there_is_removed() {
    let mut office = Office::open().await;
    office.serve().await;
    office.sees(KIM).await;
    let all = office.objects().len() as u64;
    let removed = office
        .store
        .remove_install(&usa(), office.clock.now())
        .await;
    assert_eq!(removed.unwrap().unwrap().objects, all);
    until("all are gone", async || office.objects().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whom_recharge_has_deleted_goes_from_the_timeline() {
    let mut office = Office::open().await;
    office.serve().await;
    office.sees(KIM).await;
    let (status, _) = office
        .recharge
        .act("DELETE", "/customers/176700001", json!({}));
    assert!(status < 300, "{status}");
    let body = json!({"customer": {"id": 176_700_001}});
    office.hook("customer/deleted", &body).await;
    until("hers are gone", async || office.object().is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shop_that_is_taken_out_has_put_there_is_removed_and_no_other() {
    let mut office = Office::open().await;
    let eu = InstallName::parse("acme-eu").unwrap();
    let install = NewInstall {
        name: eu.clone(),
        provider: "recharge".into(),
        shop: Shop::parse("acme-eu").unwrap(),
        settings: InstallSettings::default(),
        token: Secret::new(TOKEN.into()),
        client_secret: None,
    };
    let now = office.clock.now();
    office.store.add_install(&install, now).await.unwrap();
    for id in [office.workspace.clone(), office.scripts.0.clone()] {
        let set = office.store.set_workspace(&id, now, |settings| {
            settings.installs = vec![usa(), eu.clone()];
        });
        assert_eq!(set.await.unwrap(), Some(0));
    }
    office.serve().await;
    office.ask(KIM).await;
    let of = |office: &Office, shop: &str| {
        let objects = office.objects();
        let ids = objects
            .iter()
            .map(|o| o["attributes"]["externalId"].to_string());
        ids.filter(|id| id.contains(shop)).count() as u64
    };
    until("both shops' stand there", async || {
        of(&office, "acme-usa") > 0 && of(&office, "acme-usa") == of(&office, "acme-eu")
    })
    .await;
    office.told().await;
    let each = of(&office, "acme-usa");
    let set = office
        .store
        .set_workspace(&office.workspace, now, |settings| {
            settings.installs = vec![eu.clone()];
        });
    assert_eq!(set.await.unwrap(), Some(each));
    until("the one's are gone", async || of(&office, "acme-usa") == 0).await;
    office.told().await;
    assert_eq!(of(&office, "acme-eu"), each, "the other's stay");
    // Nor does a look at the card bring them back.
    office.later(Duration::from_secs(11 * 60));
    office.ask(KIM).await;
    office.told().await;
    assert_eq!(of(&office, "acme-usa"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn timelines_that_are_elsewhere_get_the_objects_and_the_old_ones_lose_them() {
    const ELSEWHERE: &str = "elsewhere-subscription";
    let mut office = Office::open().await;
    let klass = client()
        .post(format!("{}/v1/klasses", office.kustomer.base_url()))
        .bearer_auth(KEY)
        .body(json!({ "name": ELSEWHERE }).to_string());
    assert!(klass.send().await.unwrap().status().is_success());
    office.serve().await;
    office.sees(KIM).await;
    let before = office.objects().len() as u64;
    // What waits meanwhile is told where the timelines are then.
    office.kustomer.set_faults("500=1".parse().unwrap());
    office.says(5, 60).await;
    until("it waits", async || {
        let depth = office.store.outbox_depth(&office.workspace).await.unwrap();
        depth.waiting == 2
    })
    .await;
    let set = office
        .store
        .set_workspace(&office.workspace, office.clock.now(), |settings| {
            let mut kept = settings.helpdesk.settings();
            kept.set("names.klass", ELSEWHERE.to_owned());
            settings.helpdesk = HelpdeskSettings::of(&kept);
        });
    assert_eq!(set.await.unwrap(), Some(before));
    let there = office.store.objects_count(&office.workspace).await.unwrap();
    assert_eq!(there, (0, 0), "nothing is known of where they are now");
    office.kustomer.set_faults(kustomer::Faults::default());
    office.in_the_end().await;
    until("the old ones are gone", async || {
        office.later(Duration::from_millis(500));
        office.objects().is_empty()
    })
    .await;
    let parked = office.store.parked_entries(&office.workspace, 9).await;
    assert_eq!(parked.unwrap(), []);
    let object = office.kustomer.kobject(ELSEWHERE, KIMS_OBJECT).unwrap();
    assert_eq!(object["attributes"]["custom"]["quantityNum"], 5);
    let kept = office.store.object(&office.workspace, KIMS_OBJECT).await;
    let standing = kept.unwrap().unwrap().standing.unwrap();
    assert_eq!(object["id"], standing.object.as_str());
}
