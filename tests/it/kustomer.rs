//! Kustomer: the doors, the app's definition, its registration.

mod commands;
mod definition;

use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sidecard::domain::access::Settings;
use sidecard::domain::id::WorkspaceId;
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::helpdesk::Place;
use sidecard::helpdesk::kustomer::Names;
use sidecard::helpdesk::kustomer::definition::{VERSION, definition};
use sidecard::push::kustomer::Client;
use sidecard::simulator::kustomer::{Now, Options, Running, start};
use sidecard::store::{HelpdeskSettings, WorkspaceSettings};

use crate::house::{House, JSON, JSON_SECRET, Plan, add_install, as_of, client};

pub const KUSTOMER: &str = "55555555555555555555555555555555";
pub const SECRET: &str = "fake-kustomer-secret";
pub const WITHOUT_KUSTOMERS_SECRET: &str = "";
pub const KEY: &str = "fake-kustomer-key";

/// A house with an org beside it, where the app is installed.
pub struct Desk {
    pub house: House,
    pub kustomer: Running,
    pub names: Names,
}

impl Desk {
    pub async fn open() -> Self {
        let options = Options {
            now: Now::Fixed(as_of()),
            ..Options::default()
        };
        let kustomer = start(options).await.unwrap();
        let base = kustomer.base_url();
        let more = format!(
            "[kustomer]\nbase_url = \"{base}\"\nweb_url = \"{base}\"\nsdk_url = \"{}\"\n",
            kustomer.sdk_url()
        );
        let house = House::built(Plan {
            more,
            workspaces: vec![(KUSTOMER, "kustomer", SECRET)],
            ..Plan::default()
        })
        .await;
        let id = WorkspaceId::new(KUSTOMER);
        let base = house.url("");
        let place = Place {
            public_url: Some(&base),
            workspace: &id,
            secret: None,
            settings: &Settings::default(),
        };
        let names = registered(&kustomer, &definition(&place, VERSION)).await;
        assert!(kustomer.install(&names.app, &names.version));
        let desk = Self {
            house,
            kustomer,
            names,
        };
        desk.type_secret(SECRET);
        desk.join(&["acme-usa"]).await;
        desk
    }

    /// Joins the workspace to these installs.
    pub async fn join(&self, installs: &[&str]) {
        let parse = |name: &&str| InstallName::parse(name).unwrap();
        let installs: Vec<_> = installs.iter().map(parse).collect();
        let mut settings = Settings::default();
        self.names.keep(&mut settings);
        let change = |workspace: &mut WorkspaceSettings| {
            workspace.installs = installs;
            workspace.helpdesk = HelpdeskSettings::of(&settings);
        };
        self.house.set_workspace(KUSTOMER, change).await;
    }

    /// Types a secret on the app's settings page.
    pub fn type_secret(&self, secret: &str) {
        let typed = self
            .kustomer
            .set_setting(&self.names.app, "default.sidecardSecret", secret);
        assert!(typed);
    }

    pub fn origin(&self) -> String {
        self.house.url("")
    }

    /// The id of the customer of this name.
    pub fn customer_named(&self, name: &str) -> String {
        let all = self.kustomer.customers();
        let found = all.iter().find(|c| c["attributes"]["name"] == name);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    }

    fn command(&self, body: impl Into<String>) -> RequestBuilder {
        self.house
            .post(&format!("/ask/kustomer/{KUSTOMER}/subscriptions"))
            .body(body.into())
    }

    /// What the command brings.
    async fn answer(&self, body: Value) -> Value {
        let response = self.command(body.to_string()).bearer_auth(SECRET);
        let response = response.send().await.unwrap();
        assert_eq!(response.status(), 200, "{body}");
        crate::house::json(response).await
    }
}

/// Registers a definition, and reads the names back.
pub async fn registered(kustomer: &Running, definition: &Value) -> Names {
    client();
    let base = kustomer.base_url().parse().unwrap();
    let key = Secret::new(KEY.to_owned());
    let client = Client::new(base, &key, Duration::from_secs(5)).unwrap();
    let app = client.register(definition).await.unwrap().unwrap();
    Names::among(&app.name, &app.version, &app.klasses, &app.commands).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_brings_the_answer_and_the_card() {
    let desk = Desk::open().await;
    let body = json!({"emails": ["kim@acme.example"], "customer_id": "65", "agent": "66", "tag": "t-1", "later": 1});
    let reply = desk.answer(body).await;
    assert_eq!(reply["tag"], "t-1");
    assert_eq!(
        reply["answer"],
        desk.house.ask(&["kim@acme.example"]).await,
        "the same answer as for scripts"
    );
    let html = reply["html"].as_str().unwrap();
    assert!(html.starts_with("<main data-outcome=\"found\">"), "{html}");
    assert!(html.contains("data-subscription=\"585000001\""));
    assert!(!html.contains("<script"));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_shops_are_one_card_with_a_section_each() {
    let desk = Desk::open().await;
    add_install(&desk.house.store, "acme-eu", "sk_test_1x1_refused").await;
    desk.join(&["acme-usa", "acme-eu"]).await;
    let reply = desk.answer(json!({"emails": ["kim@acme.example"]})).await;
    let html = reply["html"].as_str().unwrap();
    assert_eq!(html.matches("<main ").count(), 1);
    assert!(html.contains("<section data-install=\"acme-usa\" data-outcome=\"found\""));
    assert!(html.contains("<section data-install=\"acme-eu\" data-outcome=\"unavailable\""));
    assert_eq!(reply["answer"]["accounts"][1]["reason"], "reconnect");
    assert_eq!(reply["tag"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_profile_holds_is_read_as_far_as_it_can_be() {
    let desk = Desk::open().await;
    let mixed = json!({"emails": ["call me", "kim@acme.example"]});
    assert_eq!(desk.answer(mixed).await["answer"]["outcome"], "found");
    let within_text = Value::String(json!({"emails": ["kim@acme.example"]}).to_string());
    assert_eq!(desk.answer(within_text).await["answer"]["outcome"], "found");
    for (body, status, code) in [
        (json!({"emails": ["call me"]}), 400, "not_an_email"),
        (json!({"emails": []}), 400, "nothing_asked"),
        (json!({"email": "kim@acme.example"}), 400, "not_json"),
        (json!("x"), 400, "not_json"),
    ] {
        let request = desk.command(body.to_string()).bearer_auth(SECRET);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{body}");
        let error = crate::house::json(response).await;
        assert_eq!(error["error"]["code"], code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_more_addresses_than_are_looked_for_the_card_tells_how_many() {
    let desk = Desk::open().await;
    let mut emails: Vec<String> = (0..251).map(|n| format!("n{n}@acme.example")).collect();
    emails.extend(["KIM@acme.example", "n3@ACME.example", "call me"].map(String::from));
    // Kim is behind the maximum: the card does not look for them.
    let reply = desk.answer(json!({"emails": emails})).await;
    assert_eq!(reply["answer"]["outcome"], "not_found");
    let html = reply["html"].as_str().unwrap();
    assert!(
        html.contains("2 further addresses were not tried."),
        "{html}"
    );
    emails.rotate_right(3);
    emails.truncate(11);
    let reply = desk.answer(json!({"emails": emails})).await;
    assert_eq!(reply["answer"]["outcome"], "found");
    assert!(!reply["html"].as_str().unwrap().contains("not tried"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_without_the_secret_is_refused_always_alike() {
    let desk = Desk::open().await;
    let path = |id: &str| format!("/ask/kustomer/{id}/subscriptions");
    let unknown = "33333333333333333333333333333333";
    let mut bodies = Vec::new();
    for (id, secret) in [
        (KUSTOMER, None),
        (KUSTOMER, Some("")),
        (KUSTOMER, Some("{{sidecardSecret}}")),
        (KUSTOMER, Some(JSON_SECRET)),
        (JSON, Some(JSON_SECRET)),
        (unknown, Some(SECRET)),
    ] {
        let body = json!({"emails": ["kim@acme.example"]}).to_string();
        let mut request = desk.house.post(&path(id)).body(body);
        if let Some(secret) = secret {
            request = request.bearer_auth(secret);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401, "{id} {secret:?}");
        bodies.push(response.text().await.unwrap());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert!(desk.house.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_holds_no_data_and_loads_the_sdk_and_nothing_else() {
    let desk = Desk::open().await;
    let page = async |id: &str| {
        let path = format!("/ask/kustomer/{id}/card?parentUrl=https%3A%2F%2Facme&id=7");
        let response = desk.house.get(&path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let policy = &response.headers()["content-security-policy"];
        let policy = policy.to_str().unwrap().to_owned();
        assert!(response.headers().get("x-frame-options").is_none());
        (policy, response.text().await.unwrap())
    };
    let (policy, body) = page(KUSTOMER).await;
    let org = desk.kustomer.base_url();
    assert!(
        policy.starts_with(&format!(
            "default-src 'none'; script-src 'self' {org}; style-src 'sha256-"
        )),
        "{policy}"
    );
    assert!(
        policy.ends_with(&format!("; frame-ancestors {org}")),
        "{policy}"
    );
    assert!(body.contains(&format!("<script src=\"{}\">", desk.kustomer.sdk_url())));
    assert!(body.contains(&format!("data-command=\"{}\"", desk.names.command)));
    for hidden in ["acme.example", SECRET, KEY, "acme-usa", "parentUrl"] {
        assert!(!body.contains(hidden), "{hidden}");
    }
    // A workspace that there is not has the same page; only the command's name is as it was submitted.
    let (unknown_policy, unknown) = page("33333333333333333333333333333333").await;
    assert_eq!(unknown_policy, policy);
    let submitted = sidecard::helpdesk::kustomer::definition::COMMAND;
    assert_eq!(unknown, body.replace(&desk.names.command, submitted));
    assert_eq!(
        page(JSON).await.1,
        unknown,
        "nor is another helpdesk's told"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn kustomers_own_sites_are_the_defaults() {
    let house = House::open().await;
    let path = format!("/ask/kustomer/{KUSTOMER}/card");
    let response = house.get(&path).send().await.unwrap();
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("script-src 'self' https://cdn.kustomerapp.com;"),
        "{policy}"
    );
    assert!(
        policy.ends_with("frame-ancestors https://*.kustomerapp.com"),
        "{policy}"
    );
    let body = response.text().await.unwrap();
    let address = body
        .split("card.js?v=")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let script = house
        .get(&format!("/ask/kustomer/{KUSTOMER}/card.js?v={address}"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        script.headers()["content-type"],
        "text/javascript; charset=utf-8"
    );
    assert!(
        script.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    assert!(script.text().await.unwrap().contains("Kustomer.initialize"));
    let head = client().head(house.url(&path)).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(house.post(&path).send().await.unwrap().status(), 405);
    for nothing in ["", "/", "/cards", "/card/x"] {
        let path = format!("/ask/kustomer/{KUSTOMER}{nothing}");
        let response = house.post(&path).bearer_auth(SECRET).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
}
