//! `forget`: who is meant is found, also when nobody has looked at them for long, and nothing is claimed that is not so.

use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::domain::install::InstallName;
use sidecard::store::{KeyRing, LinkRecord, Profile, Store};

use crate::house::as_of;
use crate::sidecard::{Folder, Workspace};

const FORGET: [&str; 3] = ["forget", "--install", "acme-usa"];
const KIM: &str = "kim@acme.example";
const KIMS_ID: &str = "176700001";

/// Ties a profile to Kim, of whom no card is kept.
async fn link(folder: &Folder, workspace: &Workspace) {
    let of = Profile {
        install: &InstallName::parse("acme-usa").unwrap(),
        workspace: &WorkspaceId::new(workspace.id.as_str()),
        profile: "p",
    };
    let link = LinkRecord::auto(CustomerId::new(KIMS_ID), String::new(), as_of());
    assert!(store(folder).await.link(of, &link).await.unwrap());
}

async fn store(folder: &Folder) -> Store {
    let keys = KeyRing::read(&folder.path("sidecard.keys")).unwrap();
    let url = format!("sqlite://{}", folder.path("sidecard.db").display());
    Store::open(&url, keys, as_of()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_somebody_of_whom_no_card_is_kept_is_found_by_their_address() {
    let folder = Folder::connected().await;
    let workspace = folder.workspace("acme-usa");
    link(&folder, &workspace).await;
    let said = folder.run(&[&FORGET[..], &[KIM]].concat()).ok();
    assert!(
        said.contains("customers: 1, records: 0, links: 1"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_neither_an_address_nor_an_id_is_refused() {
    let folder = Folder::connected().await;
    for wrong in ["kim.acme.example", "#176700001", "176700001 ", "", "12a"] {
        let ran = folder.run(&[&FORGET[..], &[wrong]].concat());
        if wrong.trim() == KIMS_ID {
            ran.ok();
            continue;
        }
        let said = ran.refused(2);
        assert!(said.contains("customer id"), "{wrong}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_is_not_said_to_be_gone() {
    let folder = Folder::connected().await;
    for nobody in ["999999999", "nobody@mail.example"] {
        let said = folder.run(&[&FORGET[..], &[nobody]].concat()).ok();
        assert!(said.contains("nothing of them is kept"), "{said}");
        assert!(!said.contains("gone at"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_recharge_it_says_what_may_be_left() {
    let folder = Folder::connected().await;
    folder.recharge.set_faults("500=1".parse().unwrap());
    let said = folder.run(&[&FORGET[..], &[KIM]].concat());
    let (out, err) = (said.out.clone(), said.err.clone());
    said.ok();
    assert!(err.contains("can't be asked"), "{out}{err}");
    assert!(err.contains("customer id"), "{out}{err}");
}
