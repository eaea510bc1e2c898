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
use sidecard::helpdesk::gladly::sign;
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

/// A workspace of this helpdesk with one shop.
fn joined(helpdesk: &str, shop: &InstallName) -> NewWorkspace {
    NewWorkspace {
        helpdesk: helpdesk.into(),
        settings: WorkspaceSettings {
            enabled: true,
            installs: vec![shop.clone()],
            ..WorkspaceSettings::default()
        },
        secret: None,
    }
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
        let workspace = joined("json", &name);
        let (workspace, secret) = store.add_workspace(&workspace, clock.now()).await.unwrap();
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nops_listen = \"\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[recharge]\nbase_url = \"{}\"\n",
            recharge.base_url()
        );
        let config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
        let app = App::build(&config, &clock, &store).await.unwrap();
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
    let kept = async || store.known(&house.name, &kim).await.unwrap().is_some();
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

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_told_in_the_helpdesks_words_with_what_was_wrong() {
    let house = Kept::open().await;
    let now = house.clock.now();
    let gladly = joined("gladly", &house.name);
    let (workspace, secret) = house.store.add_workspace(&gladly, now).await.unwrap();
    let path = format!("/ask/gladly/{}", workspace.as_str());
    let send = async |level: &str, minutes: i64, left_out: &str, expected: u16| {
        let body = format!(
            r#"{{"lookupLevel":"{level}","query":{{"emails":["kim@acme.example"],"externalCustomerId":"176700001"}}}}"#
        );
        let at = house.clock.now() + chrono::TimeDelta::minutes(minutes);
        let headers = sign(&secret, &path, body.as_bytes(), "x", at);
        let request = client().post(format!("http://{}{path}", house.address));
        let request = headers
            .iter()
            .filter(|(name, _)| *name != left_out)
            .fold(request, |request, (name, value)| {
                request.header(*name, value)
            });
        let status = request.body(body).send().await.unwrap().status();
        assert_eq!(status.as_u16(), expected);
    };
    house.clock.advance(Duration::from_secs(1));
    let path_is_known = async || {
        let ask = client().post(format!("http://{}{path}", house.address));
        ask.send().await.unwrap();
        !house.store.calls_of(&workspace).await.unwrap().is_empty()
    };
    until("the new workspace is known", path_is_known).await;
    house.clock.advance(Duration::from_secs(1));
    for (level, minutes, left_out, expected) in [
        ("BASIC", 0, "", 200),
        ("DETAILED", 0, "", 200),
        ("BASIC", 7, "", 401),
        ("BASIC", -7, "", 401),
        ("BASIC", 0, "x-b3-traceid", 401),
    ] {
        send(level, minutes, left_out, expected).await;
    }
    let newest = async || {
        let calls = house.store.calls_of(&workspace).await.unwrap();
        let told = |call: sidecard::store::Call| {
            let what = call.outcome.or(call.cause).unwrap_or_default();
            format!("{} {} {what}", call.kind, call.verdict)
        };
        calls.into_iter().map(told).collect::<Vec<_>>()
    };
    until("all are written down", async || {
        house.clock.advance(Duration::from_secs(1));
        newest().await.iter().any(|call| call.contains("x-b3"))
    })
    .await;
    assert_eq!(
        newest().await[..5],
        [
            "POST refused signed_header_missing x-b3-traceid",
            "POST refused signed_long_ago 7",
            "POST refused signed_ahead 7",
            "DETAILED good found 1",
            "BASIC good found 1",
        ]
    );
    house.end().await;
}
