//! The simulator over HTTP: the reference's shapes and rules.

mod apps;
mod objects;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::*;

const KEY: &str = "fake-kustomer-key";

struct Org {
    kustomer: Running,
    client: reqwest::Client,
}

impl Org {
    async fn open(options: Options) -> Self {
        let client = commands::client().unwrap();
        let kustomer = start(options).await.unwrap();
        Self { kustomer, client }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = format!("{}{path}", self.kustomer.base_url());
        let mut request = self.client.request(method, url).bearer_auth(KEY);
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        request.send().await.unwrap()
    }

    /// The status and the body.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let response = self.send(method, path, body).await;
        let status = response.status().as_u16();
        let body = response.text().await.unwrap();
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// A klass `coffee` with one attribute of each kind.
    async fn with_klass(self) -> Self {
        let made = self.post("/v1/klasses", json!({"name": "coffee", "icon": "x"}));
        assert_eq!(made.await.0, 201);
        let properties =
            json!({"statusStr": {"displayName": "Status"}, "priceNum": {}, "nextAt": {}});
        let body = json!({ "properties": properties });
        let put = self.ask(Method::PUT, "/v1/metadata/kobject.coffee", Some(body));
        assert_eq!(put.await.0, 200);
        self
    }

    fn customer(&self) -> String {
        let found = self.kustomer.customer_id("email=kim@acme.example");
        found.unwrap()
    }
}

/// What is wrong, in short.
fn error(body: &Value) -> (&str, &str) {
    let error = &body["errors"][0];
    let parameter = error["source"]["parameter"].as_str();
    (
        error["code"].as_str().unwrap_or_default(),
        parameter.unwrap_or_default(),
    )
}

#[tokio::test]
async fn customers_are_found_by_email_external_id_and_id() {
    let org = Org::open(Options::default()).await;
    let (status, kim) = org.get("/v1/customers/email=KIM%40acme.example").await;
    assert_eq!(status, 200);
    assert_eq!(kim["data"]["type"], "customer");
    assert_eq!(kim["data"]["attributes"]["name"], "Kim Example");
    let id = kim["data"]["id"].as_str().unwrap();
    assert_eq!(id.len(), 24);
    assert_eq!(org.get(&format!("/v1/customers/{id}")).await.1, kim);
    let missing = org.get("/v1/customers/externalId=x").await;
    assert_eq!(
        missing,
        (
            404,
            json!({"errors": [{"status": 404, "source": {"parameter": "externalId"}, "code": "notfound", "title": "Not Found"}]})
        )
    );
    let new = json!({"name": "Nora", "externalId": "x", "emails": [{"email": "nora@new.example"}]});
    assert_eq!(org.post("/v1/customers", new.clone()).await.0, 201);
    assert_eq!(org.get("/v1/customers/externalId=x").await.0, 200);
    assert_eq!(org.post("/v1/customers", new).await.0, 409);
    let odd = org.post("/v1/customers", json!({"nickname": "N"})).await;
    assert_eq!((odd.0, error(&odd.1)), (400, ("badparam", "nickname")));
    org.kustomer.move_email("nora@new.example", id);
    let moved = org.get("/v1/customers/email=nora@new.example").await.1;
    assert_eq!(moved["data"]["id"], id);
}

#[tokio::test]
async fn a_search_finds_addresses_but_not_those_of_the_last_minute() {
    let at = chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let options = Options {
        now: Now::Fixed(at),
        ..Options::default()
    };
    let org = Org::open(options).await;
    let nora = json!({"name": "Nora", "emails": [{"email": "nora@new.example"}]});
    assert_eq!(org.post("/v1/customers", nora).await.0, 201);
    let body = json!({"queryContext": "customer", "and": [], "or": [
        {"customer_email": {"equals": "KIM@acme.example"}},
        {"customer_email": {"equals": "nora@new.example"}},
        {"customer_email": {"equals": "nobody@new.example"}},
    ]});
    let names = |found: &Value| -> Vec<String> {
        let rows = found["data"].as_array().unwrap();
        let name = |row: &Value| row["attributes"]["name"].as_str().unwrap().to_owned();
        rows.iter().map(name).collect()
    };
    let found = org
        .post("/v1/customers/search?pageSize=500", body.clone())
        .await;
    assert_eq!(
        (found.0, names(&found.1)),
        (200, vec!["Kim Example".to_owned()])
    );
    org.kustomer.move_clock(at + chrono::TimeDelta::seconds(61));
    let found = org.post("/v1/customers/search", body).await.1;
    assert_eq!(names(&found), ["Kim Example", "Nora"]);
    let odd = json!({"queryContext": "customer", "or": [{"customer_phone": {"equals": "1"}}]});
    for _ in 0..98 {
        assert_eq!(org.post("/v1/customers/search", odd.clone()).await.0, 400);
    }
    assert_eq!(org.post("/v1/customers/search", odd.clone()).await.0, 400);
    assert_eq!(
        org.post("/v1/customers/search", odd).await.0,
        429,
        "a hundred a minute"
    );
}

#[tokio::test]
async fn a_search_finds_what_changed_since_a_time() {
    let at = chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let options = Options {
        now: Now::Fixed(at),
        ..Options::default()
    };
    let org = Org::open(options).await.with_klass().await;
    let kim = org.customer();
    for (minutes, name) in [(1, "a"), (2, "b"), (3, "c")] {
        let path = format!("/v1/customers/{kim}/klasses/coffee");
        let body = json!({"title": name, "externalId": name});
        assert_eq!(org.post(&path, body).await.0, 201);
        org.kustomer
            .move_clock(at + chrono::TimeDelta::minutes(minutes));
    }
    let search = async |context: &str, attribute: &str, since: &str, order: &str| {
        let body = json!({"queryContext": context, "and": [{attribute: {"gte": since}}], "sort": [{attribute: order}]});
        let path = "/v1/customers/search?pageSize=500";
        let (status, found) = org.post(path, body).await;
        assert_eq!(status, 200, "{found}");
        let rows = found["data"].as_array().unwrap();
        let title = |row: &Value| row["attributes"]["title"].as_str().map(str::to_owned);
        rows.iter().map(title).collect::<Vec<_>>()
    };
    let names =
        |names: &[&str]| -> Vec<_> { names.iter().map(|name| Some((*name).to_owned())).collect() };
    let ever = "2020-01-01T00:00:00.000000Z";
    let later = (at + chrono::TimeDelta::seconds(60)).to_rfc3339();
    let updated = "kobject_updated_at";
    assert_eq!(
        search("kobject", updated, ever, "asc").await,
        names(&["a", "b", "c"])
    );
    assert_eq!(
        search("kobject_coffee", updated, ever, "desc").await,
        names(&["c", "b", "a"])
    );
    assert_eq!(
        search("kobject_tea", updated, ever, "asc").await,
        names(&[])
    );
    assert_eq!(
        search("kobject", updated, &later, "asc").await,
        names(&["b", "c"])
    );
    let people = search("customer", "customer_updated_at", ever, "asc")
        .await
        .len();
    assert_eq!(people, org.kustomer.customers().len());
    assert!(
        search("customer", "customer_updated_at", &later, "asc")
            .await
            .is_empty()
    );
    let odd = json!({"queryContext": "kobject", "and": [{"customer_updated_at": {"gte": ever}}]});
    let odd = org.post("/v1/customers/search", odd).await;
    assert_eq!((odd.0, error(&odd.1)), (400, ("badparam", "and")));
    assert_eq!(
        org.get("/v1/users/current/").await.1["data"]["type"],
        "user"
    );
}

#[tokio::test]
async fn keys_and_roles_are_looked_at_first() {
    let keys = vec![Key::new(KEY, &["org.permission.customer.read"])];
    let options = Options {
        keys,
        ..Options::default()
    };
    let org = Org::open(options).await;
    assert_eq!(org.get("/v1/customers/email=x@y.example").await.0, 404);
    assert_eq!(org.get("/v1/apps").await.0, 403);
    let me = org.get("/v1/auth/tokens/current").await.1;
    let roles = &me["data"]["attributes"]["roles"];
    assert_eq!(*roles, json!(["org.permission.customer.read"]));
    let url = format!("{}/v1/auth/tokens/current", org.kustomer.base_url());
    for key in ["", "another"] {
        let response = org.client.get(&url).bearer_auth(key).send().await.unwrap();
        assert_eq!(response.status(), 401);
    }
    assert_eq!(org.get("/v1/nothing").await.0, 404);
    assert_eq!(org.ask(Method::PATCH, "/v1/apps", None).await.0, 405);
}

#[tokio::test]
async fn every_answer_says_what_is_left_and_then_there_is_nothing() {
    let at = chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let options = Options {
        limit: 2,
        now: Now::Fixed(at),
        ..Options::default()
    };
    let org = Org::open(options).await;
    for (status, remaining) in [(200, "1"), (200, "0"), (429, "0")] {
        let response = org.send(Method::GET, "/v1/klasses", None).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["x-ratelimit-limit"], "2");
        assert_eq!(response.headers()["x-ratelimit-remaining"], remaining);
        assert_eq!(response.headers()["x-ratelimit-reset"], "1795000060");
    }
    org.kustomer.move_clock(at + chrono::TimeDelta::seconds(60));
    assert_eq!(org.get("/v1/klasses").await.0, 200);
    let statuses: Vec<_> = org.kustomer.requests().iter().map(|r| r.status).collect();
    assert_eq!(statuses, [Some(200), Some(200), Some(429), Some(200)]);
}

#[tokio::test]
async fn it_is_controlled_over_http_too() {
    let org = Org::open(Options::default()).await;
    org.get("/v1/klasses").await;
    let log = org.get("/_sim/requests").await.1;
    assert_eq!(log["requests"][0]["path"], "/v1/klasses");
    assert!(!log.to_string().contains(KEY));
    let put = |path, body: &str| {
        let url = format!("{}{path}", org.kustomer.base_url());
        org.client.put(url).body(body.to_owned()).send()
    };
    assert_eq!(put("/_sim/faults", "503=1").await.unwrap().status(), 204);
    assert_eq!(org.get("/v1/klasses").await.0, 503);
    assert_eq!(put("/_sim/faults", "").await.unwrap().status(), 204);
    let moved = put("/_sim/clock", "2030-01-01T00:00:00Z").await;
    assert_eq!(moved.unwrap().status(), 204);
    for (path, body) in [
        ("/_sim/faults", "teapot=1"),
        ("/_sim/clock", "now"),
        ("/_sim/settings/a/b/c", "x"),
        ("/_sim/nothing", ""),
    ] {
        assert_eq!(put(path, body).await.unwrap().status(), 400, "{path}");
    }
    let deleted = org.ask(Method::DELETE, "/_sim/requests", None).await;
    assert_eq!(deleted.0, 204);
    assert_eq!(org.get("/_sim/requests").await.1, json!({"requests": []}));
}

#[test]
fn data_that_is_none_says_what_to_write() {
    let load = |text: &str| data::load(&Data::Text(text.to_owned())).map_err(|e| e.to_string());
    for wrong in [
        "",
        "{}",
        r#"{"customers":[{"name":"x"}]}"#,
        r#"{"customers":[1]}"#,
    ] {
        let said = load(wrong).unwrap_err();
        assert!(said.contains("hint: "), "{said}");
    }
    assert!(data::load(&Data::Folder("no-such-folder".into())).is_err());
    assert!(load(r#"{"customers":[]}"#).unwrap().is_empty());
}
