//! Apps: what may be registered, what becomes of names, and commands.

use reqwest::Method;
use serde_json::{Value, json};

use super::*;

fn app(version: &str) -> Value {
    json!({
        "app": "beans", "version": version, "title": "Beans", "visibility": "private",
        "settings": {"default": {"token": {"type": "secret", "defaultValue": ""}}},
        "klasses": [{"name": "beans-order", "icon": "x", "color": "#123456",
            "metadata": {"properties": {"statusStr": {"displayName": "Status"}}}}],
        "commands": [{"name": "beans.app.orders", "displayName": "Orders", "url": "http://127.0.0.1:1/orders",
            "httpMethod": "post", "appSettings": {"token": {"key": "beans.default.token"}}}],
        "kviews": [{"name": "beans.view", "resource": "kobject.beans-order", "context": "expanded-timeline", "template": "<i/>"}],
    })
}

#[tokio::test]
async fn versions_are_registered_once_and_upwards() {
    let org = Org::open(Options::default()).await;
    let register = async |app: Value| org.post("/v1/apps/available", app).await.0;
    assert_eq!(register(app("1.1.0")).await, 201);
    assert_eq!(register(app("1.1.0")).await, 409);
    assert_eq!(register(app("1.0.9")).await, 400);
    let mut with_roles = app("1.2.0");
    with_roles["roles"] = json!(["org.user"]);
    assert_eq!(
        register(with_roles.clone()).await,
        400,
        "roles need a new major version"
    );
    with_roles["version"] = json!("2.0.0");
    assert_eq!(register(with_roles).await, 201);
}

#[tokio::test]
async fn a_definition_is_checked_part_by_part() {
    let org = Org::open(Options::default()).await;
    let wrong = [
        ("/instructions", json!("unknown keys fail")),
        ("/title", json!("")),
        ("/app", json!("my-beans")),
        ("/version", json!("1.0")),
        ("/i18n", json!({"de": {}})),
        ("/settings/default/token/type", json!("password")),
        ("/klasses/0/name", json!("beans order")),
        ("/klasses/0/metadata/properties", json!({"status": {}})),
        ("/klasses/0/metadata/properties", json!({"friendId": {}})),
        ("/kviews/0/context", json!("sidebar")),
        ("/kviews/0/resource", json!("customer")),
        ("/kviews/0/meta", json!({"state": "close"})),
        ("/commands/0/url", json!("http://beans.example")),
        ("/commands/0/httpMethod", json!("fetch")),
        (
            "/commands/0/appSettings/token/key",
            json!("beans.default.other"),
        ),
    ];
    for (pointer, value) in wrong {
        let mut app = app("1.0.0");
        match app.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => {
                let (parent, key) = pointer.rsplit_once('/').unwrap();
                app.pointer_mut(parent).unwrap()[key] = value;
            }
        }
        assert_eq!(
            org.post("/v1/apps/available", app).await.0,
            400,
            "{pointer}"
        );
    }
    assert_eq!(
        org.post("/v1/apps/available", app("1.0.0")).await.0,
        201,
        "no wrong one was kept"
    );
}

#[tokio::test]
async fn a_private_apps_names_get_the_orgs_id_and_installing_makes_the_klass() {
    let org = Org::open(Options::default()).await;
    let registered = org.post("/v1/apps/available", app("1.0.0")).await.1;
    let id = Options::default().org_id;
    let names = &registered["data"]["attributes"];
    assert_eq!(names["app"], format!("beans_{id}"));
    assert_eq!(
        names["commands"][0]["name"],
        format!("beans_{id}.app.orders")
    );
    assert_eq!(
        names["kviews"][0]["resource"],
        format!("kobject.beans_{id}-order")
    );
    let install = json!({"name": format!("beans_{id}"), "version": "1.0.0"});
    assert_eq!(org.post("/v1/apps/install", install).await.0, 201);
    let apps = org.get("/v1/apps").await.1;
    assert_eq!(apps["data"][0]["id"], format!("beans_{id}-1.0.0"));
    let klasses = &apps["data"][0]["attributes"]["klasses"];
    assert_eq!(klasses[format!("beans_{id}-order")]["status"], "installed");
    let path = format!("/v1/metadata/kobject.beans_{id}-order");
    let metadata = org.get(&path).await.1;
    assert_eq!(
        metadata["data"]["attributes"]["properties"]["statusStr"]["displayName"],
        "Status"
    );
    assert_eq!(
        org.ask(Method::GET, "/v1/metadata/kobject.other", None)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn a_command_goes_out_with_the_secret_that_an_admin_typed() {
    let org = Org::open(Options::default()).await;
    let other = Org::open(Options {
        keys: vec![Key::new("fake-typed", &["org"])],
        ..Options::default()
    })
    .await;
    let mut definition = app("1.0.0");
    definition["commands"][0]["url"] = json!(format!("{}/v1/klasses", other.kustomer.base_url()));
    definition["commands"][0]["defaultHeaders"] = json!({"Authorization": "Bearer {{token}}"});
    org.post("/v1/apps/available", definition).await;
    let app = format!("beans_{}", Options::default().org_id);
    assert!(org.kustomer.install(&app, "1.0.0"));
    let run = async |body: Value| {
        let path = format!("/agent/commands/{app}.app.orders");
        org.post(&path, body).await.1
    };
    let given = json!({"body": {"name": "made-by-command"}});
    assert_eq!(
        run(given.clone()).await["statusCode"],
        401,
        "nothing is typed yet"
    );
    assert!(
        org.kustomer
            .set_setting(&app, "default.token", "fake-typed")
    );
    let made = run(given).await;
    assert_eq!(made["statusCode"], 201);
    assert_eq!(
        made["responseBody"]["data"]["attributes"]["name"],
        "made-by-command"
    );
    let not_permitted = run(json!({"args": {"host": "evil.example"}})).await;
    assert_eq!(not_permitted["statusCode"], 400);
    let unknown = org.post("/agent/commands/nothing", json!({})).await.1;
    assert_eq!(unknown["statusCode"], 404);
}
