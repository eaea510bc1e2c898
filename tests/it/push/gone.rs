//! Who is forgotten goes from timelines too, whatever else is gone by then.

use sidecard::domain::email::Email;
use sidecard::store::Whom;

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
    let (cards, _) = office.store.drop_snapshots(&usa()).await.unwrap();
    assert!(cards >= 2);
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
