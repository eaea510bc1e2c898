//! A page in a frame after it was opened: its session, what agents do by hand, and how it is told of changes.

mod events;
mod hands;
mod sessions;

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use sidecard::app::{App, Live, Lookups, signed_query};
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::id::WorkspaceId;
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::simulator::recharge::{Now, Options, Running, start};
use sidecard::store::{
    AuditEntry, HelpdeskSettings, InstallSettings, KeyRing, NewInstall, NewWorkspace, Store,
    WorkspaceSettings,
};

use crate::house::{TOKEN, as_of, client, listen_to_everything, time_passes};

pub const KIM: &str = "kim@acme.example";
pub const DANA: (&str, &str) = ("agent", "Dana Desk");
pub const TICKET: (&str, &str) = ("profile", "ticket-7");

/// A service over a store, with two workspaces that allow searching, joined to the same shop.
pub struct Desk {
    pub recharge: Running,
    pub clock: Clock,
    pub store: Store,
    pub live: Live,
    pub lookups: Lookups,
    pub here: Frame,
    pub there: Frame,
    address: SocketAddr,
    client: Client,
    /// Ends the service.
    pub end: tokio::sync::watch::Sender<bool>,
}

/// A workspace whose pages are opened.
#[derive(Clone)]
pub struct Frame {
    pub id: WorkspaceId,
    pub secret: Secret<String>,
}

/// A page that is open.
pub struct Open {
    pub workspace: WorkspaceId,
    pub token: String,
    pub html: String,
}

impl Desk {
    pub async fn open() -> Self {
        listen_to_everything();
        let recharge = start(Options {
            now: Now::Fixed(as_of()),
            bucket: 10_000,
            ..Options::default()
        });
        let recharge = recharge.await.unwrap();
        let clock = Clock::fixed(as_of());
        let keys = KeyRing::throw_away(clock.now()).unwrap();
        let store = Store::open("sqlite://:memory:", keys, clock.now());
        let store = store.await.unwrap();
        let name = InstallName::parse("acme-usa").unwrap();
        let install = shop(&name, TOKEN);
        store.add_install(&install, clock.now()).await.unwrap();
        let mut frames = Vec::new();
        for _ in 0..2 {
            let new = NewWorkspace {
                helpdesk: "embed".into(),
                settings: WorkspaceSettings {
                    enabled: true,
                    installs: vec![name.clone()],
                    frame_ancestors: vec![
                        "https://desk.example".into(),
                        "http://127.0.0.1:*".into(),
                    ],
                    longest_expiry: 3_600,
                    helpdesk: HelpdeskSettings(json!({"search": "on"})),
                    ..WorkspaceSettings::default()
                },
                secret: None,
            };
            let (id, secret) = store.add_workspace(&new, clock.now()).await.unwrap();
            frames.push(Frame { id, secret });
        }
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nops_listen = \"\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[recharge]\nbase_url = \"{}\"\n",
            recharge.base_url()
        );
        let mut config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
        // The clock stands.
        config.server.drain = Duration::ZERO;
        let app = App::build(&config, &clock, &store).await.unwrap();
        let (address, live) = (app.address(), app.live().clone());
        let lookups = app.lookups().clone();
        let end = tokio::sync::watch::Sender::new(false);
        let mut ended = end.subscribe();
        tokio::spawn(app.run(async move {
            let _ = ended.wait_for(|ended| *ended).await;
        }));
        let there = frames.pop().unwrap();
        Self {
            recharge,
            clock,
            store,
            live,
            lookups,
            here: frames.pop().unwrap(),
            there,
            address,
            client: client(),
            end,
        }
    }

    /// A signed address, good for ten minutes.
    pub fn address_of(&self, frame: &Frame, parameters: &[(&str, &str)]) -> String {
        let expires = (self.clock.now().timestamp() + 600).to_string();
        let mut all = vec![("v", "1"), ("expires", expires.as_str())];
        all.extend_from_slice(parameters);
        let query = signed_query(&frame.secret, &frame.id, &all);
        format!("http://{}/ask/embed/{}?{query}", self.address, frame.id)
    }

    /// The service's address, without a path.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Opens a page.
    pub async fn page(&self, frame: &Frame, parameters: &[(&str, &str)]) -> Open {
        let address = self.address_of(frame, parameters);
        let response = self.sent(self.client.get(address)).await;
        assert_eq!(response.status(), 200);
        let html = response.text().await.unwrap();
        Open {
            workspace: frame.id.clone(),
            token: attribute(&html, "data-session").unwrap(),
            html,
        }
    }

    /// Kim's page, as Dana sees it in a ticket.
    pub async fn kims(&self) -> Open {
        self.page(&self.here, &[("email", KIM), DANA, TICKET]).await
    }

    pub fn get(&self, address: &str) -> RequestBuilder {
        self.client.get(address)
    }

    /// What a page asks for.
    pub async fn act(&self, page: &Open, act: &str, body: Value) -> Response {
        let request = self
            .client
            .post(self.act_address(page, act))
            .bearer_auth(&page.token)
            .body(body.to_string());
        self.sent(request).await
    }

    /// The response to a request. A call to Recharge that fails in passing, on a machine that has no time, is tried again
    /// once time passes: so it does.
    pub async fn sent(&self, request: RequestBuilder) -> Response {
        tokio::select! {
            response = request.send() => response.unwrap(),
            () = time_passes(&self.clock, &self.recharge, &self.lookups) => unreachable!(),
        }
    }

    pub fn act_address(&self, page: &Open, act: &str) -> String {
        format!("http://{}/ask/embed/{}/{act}", self.address, page.workspace)
    }

    /// The same, when it is given.
    pub async fn given(&self, page: &Open, act: &str, body: Value) -> String {
        let response = self.act(page, act, body).await;
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, 200, "{act}: {text}");
        text
    }

    /// The code of the problem that it is answered with.
    pub async fn refused(&self, page: &Open, act: &str, body: Value) -> (u16, String) {
        code_of(self.act(page, act, body).await).await
    }

    pub async fn search(&self, page: &Open, by: &str, text: &str) -> String {
        self.given(page, "search", json!({"by": by, "text": text}))
            .await
    }

    /// What was done by hand: profiles are linked by Sidecard itself, too.
    pub async fn audit(&self) -> Vec<AuditEntry> {
        let entries = self.store.audit_after(0, 1_000).await.unwrap();
        let entries = entries.into_iter().map(|(_, entry)| entry);
        entries.filter(|entry| entry.who != "sidecard").collect()
    }

    pub fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Another shop of the same people joins a workspace, with this token.
    pub async fn add_shop(&self, frame: &Frame, name: &str, token: &str) {
        let name = InstallName::parse(name).unwrap();
        let added = self
            .store
            .add_install(&shop(&name, token), self.clock.now())
            .await;
        added.unwrap();
        self.set(frame, |settings| settings.installs.push(name))
            .await;
    }

    /// Changes a workspace, and waits until the service knows.
    pub async fn set(&self, frame: &Frame, change: impl FnOnce(&mut WorkspaceSettings) + Send) {
        let now = self.clock.now();
        self.store
            .set_workspace(&frame.id, now, change)
            .await
            .unwrap();
    }
}

/// A shop that is connected.
fn shop(name: &InstallName, token: &str) -> NewInstall {
    NewInstall {
        name: name.clone(),
        provider: "recharge".into(),
        shop: Shop::parse(name.as_str()).unwrap(),
        settings: InstallSettings {
            shop_verified: true,
            ..InstallSettings::default()
        },
        token: Secret::new(token.into()),
        client_secret: None,
    }
}

pub async fn code_of(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    (status, body["error"]["code"].as_str().unwrap().to_owned())
}

/// The first value of an attribute.
pub fn attribute(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("{name}=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// All values of an attribute.
pub fn attributes(html: &str, name: &str) -> Vec<String> {
    let begin = format!("{name}=\"");
    let parts = html.split(&begin).skip(1);
    parts
        .map(|rest| rest.split_once('"').unwrap().0.to_owned())
        .collect()
}

impl Desk {
    /// Moves the clock past the service's next look at the store, until it has looked.
    pub async fn settled(&self, frame: &Frame) {
        let other = if frame.id == self.here.id {
            &self.there
        } else {
            &self.here
        };
        // What is stored after it is known only when it is known too.
        let page = self.page(other, &[("email", KIM)]).await;
        self.set(other, |settings| settings.enabled = false).await;
        self.until_refused(&page).await;
    }

    /// Waits, with the clock moving on, until a page's session is taken no more; bounded.
    pub async fn until_refused(&self, page: &Open) {
        let waiting = async {
            while self.act(page, "refresh", json!({})).await.status() != 401 {
                self.later(1);
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(in_time.is_ok(), "the session is still taken");
    }
}
