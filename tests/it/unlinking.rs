//! `unlink`: removes the links of one helpdesk profile, and says which.

use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::domain::install::InstallName;
use sidecard::store::{AuditEntry, KeyRing, LinkKind, LinkRecord, Profile, Store};

use crate::house::as_of;
use crate::sidecard::{Folder, Workspace};

const KIM: &str = "kim@acme.example";

async fn store(folder: &Folder) -> Store {
    let keys = KeyRing::read(&folder.path("sidecard.keys")).unwrap();
    let url = format!("sqlite://{}", folder.path("sidecard.db").display());
    Store::open(&url, keys, as_of()).await.unwrap()
}

async fn link(store: &Store, workspace: &Workspace, profile: &str, link: &LinkRecord) {
    let of = Profile {
        install: &InstallName::parse("acme-usa").unwrap(),
        workspace: &WorkspaceId::new(workspace.id.as_str()),
        profile,
    };
    assert!(store.link(of, link).await.unwrap());
}

async fn audited(store: &Store) -> Vec<AuditEntry> {
    let entries = store.audit_page(None, 100).await.unwrap();
    let entries = entries.into_iter().map(|(_, entry)| entry);
    entries
        .filter(|entry| entry.action == "link.remove")
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn prints_each_link_that_it_removes_and_audits_it() {
    let folder = Folder::connected().await;
    let (workspace, other) = (folder.workspace("acme-usa"), folder.workspace("acme-usa"));
    let store = store(&folder).await;
    let auto = LinkRecord::auto(CustomerId::new("176700001"), String::new(), as_of());
    let manual = LinkRecord {
        kind: LinkKind::Manual,
        ..auto.clone()
    };
    let marked = LinkRecord::unlinked("Dana", as_of());
    for (profile, record, said) in [
        (
            "p",
            &auto,
            "acme-usa: removed the automatic link to customer 176700001",
        ),
        (
            KIM,
            &manual,
            "acme-usa: removed the link that an agent made to customer 176700001",
        ),
        (
            "q",
            &marked,
            "acme-usa: removed the mark \"not this customer\"",
        ),
    ] {
        link(&store, &workspace, profile, record).await;
        link(&store, &other, profile, record).await;
        let unlink = ["unlink", "--workspace", &workspace.id, profile];
        let printed = folder.run(&unlink).ok();
        assert!(printed.contains(said), "{printed}");
        let again = folder.run(&unlink).refused(1);
        assert!(again.contains("this profile has no link"), "{again}");
        let entry = audited(&store).await.remove(0);
        assert_eq!((entry.who.as_str(), &entry.object), ("cli", &workspace.id));
        assert!(!entry.detail.contains(KIM) && !entry.detail.contains("Dana"));
        // Profiles of equal names in two workspaces are two people.
        folder
            .run(&["unlink", "--workspace", &other.id, profile])
            .ok();
    }
    assert_eq!(audited(&store).await.len(), 6);
    let wrong = folder.run(&["unlink", "--workspace", "nowhere", "p"]);
    assert!(wrong.refused(2).contains("there is no such workspace"));
}
