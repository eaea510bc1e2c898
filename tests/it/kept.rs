//! The service over its store, in this process, with a clock that the tests move.

use std::time::Duration;

use sidecard::app::App;
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::id::CustomerId;
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::simulator::recharge::{Now, Options, start};
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};

use crate::house::{TOKEN, as_of, client, listen_to_everything};

/// Ends when the store is as wanted; bounded.
async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !done().await {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    assert!(in_time.is_ok(), "waited in vain: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_stored_before_it_is_shown_and_purged_when_it_is_too_old() {
    listen_to_everything();
    let recharge = start(Options {
        now: Now::Fixed(as_of()),
        ..Options::default()
    });
    let recharge = recharge.await.unwrap();
    let clock = Clock::fixed(as_of());
    let keys = KeyRing::throw_away(clock.now()).unwrap();
    let store = Store::open("sqlite://:memory:", keys, clock.now())
        .await
        .unwrap();
    let name = InstallName::parse("acme-usa").unwrap();
    let install = NewInstall {
        name: name.clone(),
        provider: "recharge".into(),
        shop: Shop::parse("acme-usa").unwrap(),
        settings: InstallSettings::default(),
        token: Secret::new(TOKEN.into()),
        client_secret: None,
    };
    store.add_install(&install, clock.now()).await.unwrap();
    let workspace = NewWorkspace {
        helpdesk: "json".into(),
        settings: WorkspaceSettings {
            enabled: true,
            installs: vec![name.clone()],
            ..WorkspaceSettings::default()
        },
        secret: None,
    };
    let (id, secret) = store.add_workspace(&workspace, clock.now()).await.unwrap();
    let toml = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nops_listen = \"\"\n[recharge]\nbase_url = \"{}\"\n",
        recharge.base_url()
    );
    let config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
    let app = App::over(&config, &clock, &store).await.unwrap();
    let address = app.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(app.run(async move {
        let _ = stopped.await;
    }));
    let ask = client()
        .post(format!("http://{address}/ask/json/{id}"))
        .bearer_auth(secret.reveal())
        .body(r#"{"emails":["kim@acme.example"]}"#);
    let answer = ask.send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("\"found\""), "{answer}");

    let kim = CustomerId::new("176700001");
    let kept = async || store.snapshot(&name, &kim).await.unwrap().is_some();
    assert!(kept().await, "stored before the answer went out");
    until("the call is written down", async || {
        store.calls_of(&id).await.unwrap().len() == 1
    })
    .await;
    clock.advance(Duration::from_secs(23 * 3_600));
    assert!(kept().await);
    clock.advance(Duration::from_secs(2 * 3_600));
    until("the card is purged", async || !kept().await).await;
    stop.send(()).unwrap();
    // Before its doors close it is unready for a while.
    until("it waits for its last requests", async || {
        clock.advance(Duration::from_secs(1));
        running.is_finished()
    })
    .await;
    running.await.unwrap().unwrap();
}
