//! Stores in memory, and the installs and workspaces in them.

use sidecard::domain::id::WorkspaceId;
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};

use super::as_of;

/// An empty store in memory.
pub async fn memory_store() -> Store {
    let keys = KeyRing::throw_away(as_of()).unwrap();
    let store = Store::open("sqlite://:memory:", keys, as_of()).await;
    store.unwrap()
}

pub async fn add_install(store: &Store, shop: &str, token: &str) -> InstallName {
    let shop = Shop::parse(shop).unwrap();
    let install = NewInstall {
        name: InstallName::from(&shop),
        provider: "recharge".into(),
        shop,
        settings: InstallSettings {
            contact: Some("Dana, #cx-tools".into()),
            shop_verified: true,
            ..InstallSettings::default()
        },
        token: Secret::new(token.to_owned()),
        client_secret: None,
    };
    store.add_install(&install, as_of()).await.unwrap();
    install.name
}

pub async fn add_workspace(store: &Store, id: &str, new: &NewWorkspace) {
    let id = WorkspaceId::new(id);
    store.add_workspace_as(&id, new, as_of()).await.unwrap();
}

pub fn workspace(helpdesk: &str, secret: &str, installs: &[InstallName]) -> NewWorkspace {
    NewWorkspace {
        helpdesk: helpdesk.into(),
        settings: WorkspaceSettings {
            enabled: true,
            frame_ancestors: vec!["https://desk.example".into()],
            longest_expiry: 3_600,
            installs: installs.to_vec(),
            ..WorkspaceSettings::default()
        },
        secret: Some(Secret::new(secret.to_owned())),
    }
}
