//! The agents' page: a list of customers, a timeline, and the insights panel with the cards of installed apps.
//!
//! The real page's messages with the Cards SDK are not public, so page and SDK here speak a protocol of their own; what
//! a card sees of the SDK is the documented API.

use actix_web::HttpResponse;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::commands;
use super::definition::{list, text};
use super::request::Request;
use super::server::respond;
use super::simulator::Simulator;
use super::state::State;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const SDK: &str = include_str!("sdk.js");

/// The agent who is signed in.
const AGENT: &str = "65a6e47a6e47a6e47a6e4701";

/// What the page asks for.
pub(super) async fn answer(
    simulator: &Simulator,
    request: &Request,
    segments: &[&str],
) -> HttpResponse {
    match (request.method.as_str(), segments) {
        ("GET", ["agent"]) => file("text/html; charset=utf-8", PAGE),
        ("GET", ["agent", "page.css"]) => file("text/css; charset=utf-8", STYLE),
        ("GET", ["agent", "page.js"]) => file("text/javascript; charset=utf-8", SCRIPT),
        ("GET", ["card-js", "latest", "kustomer-card.min.js"]) => {
            file("text/javascript; charset=utf-8", SDK)
        }
        ("GET", ["agent", "customers"]) => json_of(&simulator.with(|state| customers(state))),
        ("GET", ["agent", "customers", which]) => {
            match simulator.with(|state| desk(state, which)) {
                Ok(mut desk) => {
                    desk["org"] = simulator.org.clone().into();
                    json_of(&desk)
                }
                Err(refusal) => respond(refusal, None),
            }
        }
        ("POST", ["agent", "commands", name]) => {
            json_of(&commands::run(simulator, name, &request.json()).await)
        }
        ("POST", ["agent", "request"]) => respond(asked(simulator, &request.json()), None),
        _ => respond(Answer::not_found("path"), None),
    }
}

fn file(content_type: &str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok().content_type(content_type).body(text)
}

fn json_of(value: &Value) -> HttpResponse {
    respond(Answer::new(200, value.clone()), None)
}

/// What a card asks of the API through the page: `{"url","method","body"}`.
fn asked(simulator: &Simulator, asked: &Value) -> Answer {
    let url = text(asked, "url");
    let (path, _) = url.split_once('?').unwrap_or((url, ""));
    let method = asked["method"].as_str().unwrap_or("GET");
    simulator.as_agent(&Request {
        method: method.to_uppercase(),
        path: path.to_owned(),
        query: Vec::new(),
        key: None,
        body: match &asked["body"] {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        },
    })
}

fn customers(state: &State) -> Value {
    let all = state.customers.values().map(|customer| {
        let attributes = &customer.attributes;
        let email = attributes.get("emails").map(|emails| &emails[0]["email"]);
        json!({"id": customer.id, "name": attributes.get("name"), "email": email})
    });
    Value::Array(all.collect())
}

/// Everything that the page shows of one customer.
fn desk(state: &State, which: &str) -> Result<Value, Answer> {
    let customer = state.customer(which)?;
    let mut timeline: Vec<Value> = state
        .kobjects
        .values()
        .filter(|object| object.customer.as_deref() == Some(customer.id.as_str()))
        .map(|object| {
            let properties = state.klasses.get(&object.klass).map(|k| &k.properties);
            let mut item = state.resource(object);
            let custom = &item["attributes"]["custom"];
            item["fields"] = match template(state, &object.klass) {
                Some(template) => shown(custom, template),
                None => fields(custom, properties),
            };
            item["color"] = state
                .klasses
                .get(&object.klass)
                .map(|k| &k.color)
                .cloned()
                .unwrap_or_default();
            item
        })
        .collect();
    timeline.sort_by(|a, b| {
        let at = |item: &Value| text(&item["attributes"], "createdAt").to_owned();
        at(b).cmp(&at(a))
    });
    Ok(json!({
        "context": {
            "type": "customer",
            "customer": {"type": "customer", "id": customer.id, "attributes": customer.attributes},
            "user": AGENT,
        },
        "cards": cards(state),
        "timeline": timeline,
    }))
}

/// How an app has the objects of a klass shown on the timeline.
fn template<'a>(state: &'a State, klass: &str) -> Option<&'a str> {
    let resource = format!("kobject.{klass}");
    let mut kviews = state
        .apps
        .installed
        .values()
        .flat_map(|app| list(&app.definition, "kviews"));
    let kview = kviews.find(|kview| {
        text(kview, "context") == "expanded-timeline" && text(kview, "resource") == resource
    })?;
    Some(text(kview, "template"))
}

/// What a template shows of an object: fields with a label, and links, in its own order. Templates are much more than
/// that; this much of them is read here.
fn shown(custom: &Value, template: &str) -> Value {
    let mut fields = Vec::new();
    for part in template.split("{_.get(kobject, 'custom.").skip(1) {
        let Some((attribute, rest)) = part.split_once('\'') else {
            continue;
        };
        let value = &custom[attribute];
        // The first mention is the condition; what it is shown as stands behind it.
        let label = rest
            .strip_prefix(") ? <Field label=\"")
            .and_then(|rest| rest.split_once('"'));
        let anchor = rest
            .starts_with(") ? <a ")
            .then(|| template.split_once("</a>"));
        let link = anchor
            .flatten()
            .and_then(|(before, _)| before.rsplit_once('>'));
        if value.is_null() {
            continue;
        }
        if let Some((name, _)) = label {
            fields.push(json!({"name": name, "value": value, "link": false}));
        } else if let Some((_, name)) = link {
            fields.push(json!({"name": name, "value": value, "link": true}));
        }
    }
    Value::Array(fields)
}

/// The typed attributes of an object that have a value, with their names for people.
fn fields(custom: &Value, properties: Option<&Map<String, Value>>) -> Value {
    let fields = custom.as_object().into_iter().flatten();
    let fields = fields
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let shown = properties.and_then(|p| p.get(name)?["displayName"].as_str());
            json!({"name": shown.unwrap_or(name), "value": value, "link": name.ends_with("Url")})
        });
    Value::Array(fields.collect())
}

/// The cards beside a customer: of each installed app, the frames in its templates.
fn cards(state: &State) -> Value {
    let mut cards = Vec::new();
    for app in state.apps.installed.values() {
        for kview in list(&app.definition, "kviews") {
            let beside = text(kview, "resource") == "customer";
            if !beside || text(kview, "context") != "smartbar-card" {
                continue;
            }
            let frame = text(kview, "template").split_once("<DynamicCard src=\"");
            if let Some((src, _)) = frame.and_then(|(_, rest)| rest.split_once('"')) {
                let title = text(&kview["meta"], "displayName");
                cards.push(json!({"id": text(kview, "name"), "title": title, "src": src}));
            }
        }
    }
    Value::Array(cards)
}
