//! The service over its store, in this process, with a clock that the tests move.

use std::net::SocketAddr;
use std::time::Duration;

use sidecard::app::App;
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::simulator::recharge::{Now, Options, Running, start};
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

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

/// The service over a store in memory, both in this process.
struct Kept {
    clock: Clock,
    store: Store,
    name: InstallName,
    workspace: WorkspaceId,
    secret: Secret<String>,
    recharge: Running,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<std::io::Result<()>>,
}

impl Kept {
    async fn open() -> Self {
        listen_to_everything();
        let recharge = start(Options {
            now: Now::Fixed(as_of()),
            bucket: 10_000,
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
        let (workspace, secret) = store.add_workspace(&workspace, clock.now()).await.unwrap();
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nops_listen = \"\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[recharge]\nbase_url = \"{}\"\n",
            recharge.base_url()
        );
        let config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
        let app = App::over(&config, &clock, &store).await.unwrap();
        let address = app.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(app.run(async move {
            let _ = stopped.await;
        }));
        Self {
            clock,
            store,
            name,
            workspace,
            secret,
            recharge,
            address,
            stop: Some(stop),
            running,
        }
    }

    async fn ask(&self, email: &str) -> String {
        let ask = client()
            .post(format!(
                "http://{}/ask/json/{}",
                self.address, self.workspace
            ))
            .bearer_auth(self.secret.reveal())
            .body(format!("{{\"emails\":[\"{email}\"]}}"));
        ask.send().await.unwrap().text().await.unwrap()
    }

    async fn end(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        // Before its doors close it is unready for a while.
        until("it waits for its last requests", async || {
            self.clock.advance(Duration::from_secs(1));
            self.running.is_finished()
        })
        .await;
        self.running.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_stored_before_it_is_shown_and_purged_when_it_is_too_old() {
    let house = Kept::open().await;
    let answer = house.ask("kim@acme.example").await;
    assert!(answer.contains("\"found\""), "{answer}");

    let (store, clock) = (&house.store, &house.clock);
    let kim = CustomerId::new("176700001");
    let kept = async || store.snapshot(&house.name, &kim).await.unwrap().is_some();
    assert!(kept().await, "stored before the answer went out");
    until("the call is written down", async || {
        store.calls_of(&house.workspace).await.unwrap().len() == 1
    })
    .await;
    clock.advance(Duration::from_secs(23 * 3_600));
    assert!(kept().await);
    clock.advance(Duration::from_secs(2 * 3_600));
    until("the card is purged", async || !kept().await).await;
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_shop_is_gone_from_memory_at_the_next_look() {
    let house = Kept::open().await;
    assert!(house.ask("kim@acme.example").await.contains("\"found\""));
    house.recharge.forget_requests();
    assert!(house.ask("kim@acme.example").await.contains("\"found\""));
    assert!(house.recharge.requests().is_empty(), "from memory");
    house
        .store
        .remove_install(&house.name, house.clock.now())
        .await
        .unwrap();
    // The clock stands, so nobody has looked yet.
    assert!(house.ask("kim@acme.example").await.contains("\"found\""));
    house.clock.advance(Duration::from_secs(1));
    until("the card is gone", async || {
        !house.ask("kim@acme.example").await.contains("Kim Example")
    })
    .await;
    // Joined again under the same name with a token that Recharge does not know: whatever memory still had would show.
    let install = NewInstall {
        name: house.name.clone(),
        provider: "recharge".into(),
        shop: Shop::parse("acme-usa").unwrap(),
        settings: InstallSettings::default(),
        token: Secret::new("sk_test_nobody_knows_it".into()),
        client_secret: None,
    };
    let now = house.clock.now();
    house.store.add_install(&install, now).await.unwrap();
    let join = |settings: &mut WorkspaceSettings| settings.installs = vec![house.name.clone()];
    house
        .store
        .set_workspace(&house.workspace, now, join)
        .await
        .unwrap();
    house.clock.advance(Duration::from_secs(1));
    until("it is joined again", async || {
        house.ask("kim@acme.example").await.contains("acme-usa")
    })
    .await;
    let answer = house.ask("kim@acme.example").await;
    assert!(
        answer.contains("\"reconnect\"") && !answer.contains("Kim Example"),
        "{answer}"
    );
    house.end().await;
}
