//! What is to be told to helpdesks, whatever becomes of it on its way.

use serde_json::json;
use sidecard::store::{HelpdeskSettings, NewWorkspace, Task, Whom};

use super::{at, email, in_memory, install, name, snapshot, workspace};

#[tokio::test]
async fn a_removal_outlives_what_was_being_put_before_the_workspace_moved() {
    let store = in_memory().await;
    store
        .add_install(&install("acme-usa"), at(0))
        .await
        .unwrap();
    let new = NewWorkspace {
        helpdesk: "kustomer".into(),
        ..workspace(&["acme-usa"])
    };
    let (id, _) = store.add_workspace(&new, at(0)).await.unwrap();
    let usa = name("acme-usa");
    let card = snapshot("1", "kim@acme.example", at(1));
    store.keep_snapshot(&usa, &card).await.unwrap();
    let put = store.outbox(&id, false, at(1), 9).await.unwrap().remove(0);
    assert!(matches!(put.task, Task::Put(_)));

    // While it is sent the workspace gets another org, and then its customer is forgotten.
    let other = HelpdeskSettings(json!({"org": "other", "api_key": "fake_api_key"}));
    store
        .set_workspace(&id, at(2), |settings| settings.helpdesk = other)
        .await
        .unwrap();
    let whom = Whom::Email(email("kim@acme.example"));
    store.erase(&usa, &whom, at(3)).await.unwrap();
    let removed = store.outbox(&id, false, at(3), 9).await.unwrap();
    assert_eq!(removed.len(), 1);
    assert_eq!(removed[0].task, Task::Remove(None));

    store
        .settle_entry(&put.ticket, None, true, at(4))
        .await
        .unwrap();
    let left = store.outbox(&id, false, at(4), 9).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].ticket, removed[0].ticket);
}
