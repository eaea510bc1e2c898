//! A desk with the admin pages on it, and browsers that keep a cookie.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{App, HttpServer};
use reqwest::{Client, Response};
use sidecard::clock::Clock;
use sidecard::lookup::{Lookups, Settings};
use sidecard::provider::Provider;
use sidecard::recharge::Recharge;
use sidecard::simulator::recharge::{Data as SimulatorData, Now, Options, Running, start};
use sidecard::store::{AuditEntry, KeyRing, Person, PersonProfile, Role, Store};
use sidecard::web::admin::{Admin, Hashing, Needs, routes};

use crate::house::{as_of, client, listen_to_everything};

pub const PASSWORD: &str = "four unrelated words";

/// The pages, a store in memory, a simulator as Recharge, and a clock that stands.
pub struct Desk {
    pub recharge: Running,
    pub clock: Clock,
    pub store: Store,
    pub lookups: Lookups,
    pub address: SocketAddr,
    client: Client,
}

/// Somebody's browser: one cookie.
pub struct Browser<'a> {
    desk: &'a Desk,
    pub cookie: Option<String>,
}

/// A page as it came.
pub struct Page {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub html: String,
}

impl Desk {
    pub async fn open() -> Self {
        Self::with(SimulatorData::Fixtures, "sqlite://:memory:").await
    }

    /// Behind proxies of these networks.
    pub async fn behind(trusted_proxies: &[&str]) -> Self {
        let proxies = trusted_proxies.iter().map(|net| net.parse().unwrap());
        Self::made(
            SimulatorData::Fixtures,
            "sqlite://:memory:",
            proxies.collect(),
        )
        .await
    }

    /// With other data behind Recharge, or with a store elsewhere.
    pub async fn with(data: SimulatorData, store: &str) -> Self {
        Self::made(data, store, Vec::new()).await
    }

    async fn made(data: SimulatorData, store: &str, trusted_proxies: Vec<ipnet::IpNet>) -> Self {
        listen_to_everything();
        let client = client();
        let options = Options {
            now: Now::Fixed(as_of()),
            bucket: 10_000,
            data,
            ..Options::default()
        };
        let recharge = start(options).await.unwrap();
        let clock = Clock::fixed(as_of());
        let keys = KeyRing::throw_away(clock.now()).unwrap();
        let store = Store::open(store, keys, clock.now()).await.unwrap();
        let provider: Arc<dyn Provider> = Arc::new(
            Recharge::new(
                recharge.base_url().parse().unwrap(),
                Duration::from_secs(20),
            )
            .unwrap(),
        );
        let settings = Settings {
            fresh: Duration::from_secs(120),
            revalidate: Duration::from_secs(600),
            stale: Duration::from_secs(86_400),
            memory: 16_000_000,
        };
        let providers = [Arc::clone(&provider)];
        let lookups = Lookups::new(providers, &store, &clock, &settings, &Arc::default());
        let admin = Admin::new(Needs {
            store: store.clone(),
            lookups: lookups.clone(),
            provider,
            clock: clock.clone(),
            public_url: Some("https://cards.acme.example".into()),
            trusted_proxies,
            // The numbers of production are tested where they stand; here many log in.
            hashing: Hashing {
                memory: 64,
                passes: 1,
                lanes: 1,
            },
        })
        .unwrap();
        let admin = Data::new(admin);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = HttpServer::new(move || App::new().configure(routes(admin.clone())))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        tokio::spawn(server);
        Self {
            recharge,
            clock,
            store,
            lookups,
            address,
            client,
        }
    }

    pub fn browser(&self) -> Browser<'_> {
        Browser {
            desk: self,
            cookie: None,
        }
    }

    /// Somebody who is there from the beginning.
    pub async fn person(&self, login: &str, role: Role) -> Person {
        use argon2::password_hash::PasswordHasher;
        let params = argon2::Params::new(64, 1, 1, None).unwrap();
        let argon = argon2::Argon2::from(params);
        let hash = argon
            .hash_password_with_salt(PASSWORD.as_bytes(), b"a salt of sixteen")
            .unwrap();
        let profile = PersonProfile {
            name: format!("{login} Example"),
            login: login.into(),
            role,
            password: Some(hash.to_string().into()),
            totp: None,
            disabled: false,
        };
        let id = self
            .store
            .add_person(&profile, self.clock.now())
            .await
            .unwrap();
        self.store.person(&id).await.unwrap().unwrap()
    }

    /// A browser of somebody who is logged in.
    pub async fn logged_in(&self, login: &str, role: Role) -> Browser<'_> {
        self.person(login, role).await;
        let mut browser = self.browser();
        let page = browser.log_in(login, PASSWORD, "").await;
        assert_eq!(page.status, 303);
        browser
    }

    /// What the audit says, newest first.
    pub async fn audit(&self) -> Vec<AuditEntry> {
        let entries = self.store.audit_page(None, 100).await.unwrap();
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// The newest entry of this kind.
    pub async fn audited(&self, action: &str) -> AuditEntry {
        let entries = self.audit().await;
        let found = entries.iter().find(|entry| entry.action == action);
        found
            .unwrap_or_else(|| panic!("no `{action}` in {entries:?}"))
            .clone()
    }
}

impl Browser<'_> {
    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.desk.client.get(self.url(path));
        self.send(request).await
    }

    /// Posts a form with these fields and nothing else.
    pub async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let origin = format!("http://{}", self.desk.address);
        self.post_from(path, fields, &[("origin", &origin)]).await
    }

    pub async fn post_from(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Page {
        let body: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let mut request = self
            .desk
            .client
            .post(self.url(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    /// Posts a form that carries the session's token, as a page of ours would.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all).await
    }

    /// The same, and on to where it leads.
    pub async fn do_and_see(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.post(path, fields).await;
        assert_eq!(page.status, 303, "{path}: {}", page.text());
        let to = page.location();
        self.get(&to).await
    }

    pub async fn log_in(&mut self, login: &str, password: &str, code: &str) -> Page {
        let fields = [("login", login), ("password", password), ("code", code)];
        self.post_bare("/admin/login", &fields).await
    }

    pub async fn csrf(&mut self) -> String {
        let page = self.get("/admin/account").await;
        let (_, rest) = page.html.split_once("name=\"csrf\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.desk.address)
    }

    async fn send(&mut self, mut request: reqwest::RequestBuilder) -> Page {
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let page = Page::of(request.send().await.unwrap()).await;
        if let Some(set) = page.headers.get("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        page
    }
}

impl Page {
    async fn of(response: Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            html: response.text().await.unwrap(),
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> String {
        self.header("location").to_owned()
    }

    pub fn has(&self, text: &str) -> bool {
        self.html.contains(text)
    }

    /// What is seen: without tags, entities read.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut inside = false;
        let (_, body) = self.html.split_once("</head>").unwrap_or(("", &self.html));
        for c in body.chars() {
            match c {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    text.push(' ');
                }
                c if !inside => text.push(c),
                _ => {}
            }
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.replace("&quot;", "\"")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    }

    /// The text that stands in the first `<code>` under this label.
    pub fn copied(&self, label: &str) -> String {
        let label = format!("Copy the {label} ");
        let (_, rest) = self.html.split_once(&label).unwrap();
        let (_, rest) = rest.split_once("<code tabindex=\"0\">").unwrap();
        rest.split_once("</code>").unwrap().0.to_owned()
    }

    /// What stands in a field.
    pub fn value(&self, name: &str) -> Option<String> {
        let (_, rest) = self.html.split_once(&format!("name=\"{name}\""))?;
        let tag = rest.split_once('>')?.0;
        let (_, value) = tag.split_once("value=\"")?;
        Some(value.split_once('"')?.0.to_owned())
    }
}

/// Bodies for a simulator, by file name: the built-in tokens and customers with some of them replaced.
pub fn bodies(replaced: &[(&str, &str)]) -> SimulatorData {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/recharge");
    let mut files = HashMap::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() && name.ends_with(".json") {
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
    for (name, text) in replaced {
        files.insert((*name).to_owned(), (*text).to_owned());
    }
    SimulatorData::Bodies(files.into_iter().collect())
}
