//! The app's definition: what is registered, held against the platform's rules and against the golden one.

use serde_json::{Value, json};
use sidecard::domain::access::Settings;
use sidecard::domain::id::WorkspaceId;
use sidecard::helpdesk::Place;
use sidecard::helpdesk::kustomer::definition::{COMMAND, KLASS, VERSION, definition};
use sidecard::simulator::kustomer::{Options, start};

use super::{KUSTOMER, registered};

const GOLDEN: &str = "fixtures/helpdesk/kustomer/app.json";

fn made(version: &str) -> Value {
    let id = WorkspaceId::new(KUSTOMER);
    let place = Place {
        public_url: Some("https://sidecard.acme.example"),
        workspace: &id,
        secret: None,
        settings: &Settings::default(),
    };
    definition(&place, version)
}

#[test]
fn it_is_the_golden_one() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    let text = format!("{:#}\n", made(VERSION));
    if std::env::var_os("SIDECARD_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        text, golden,
        "a change needs another version, too; look at it; if it is wanted: SIDECARD_BLESS=1 cargo test golden"
    );
}

#[test]
fn it_keeps_the_rules_that_the_platform_states() {
    let app = made(VERSION);
    // One key that is not known fails the whole registration.
    let known = [
        "app",
        "version",
        "title",
        "identifier",
        "visibility",
        "description",
        "settings",
        "i18n",
        "klasses",
        "kviews",
        "commands",
    ];
    let keys: Vec<&String> = app.as_object().unwrap().keys().collect();
    assert!(
        keys.iter().all(|key| known.contains(&key.as_str())),
        "{keys:?}"
    );
    let name = app["app"].as_str().unwrap();
    assert!(!name.contains(['-', ' ']));
    assert_eq!(app["visibility"], "private");
    assert_eq!(
        VERSION
            .split('.')
            .filter(|n| n.parse::<u32>().is_ok())
            .count(),
        3
    );
    // Attributes end as their type; an `Id` would refer to an object of Kustomer's.
    let klass = &app["klasses"][0];
    assert_eq!(klass["name"], KLASS);
    for attribute in klass["metadata"]["properties"].as_object().unwrap().keys() {
        let ends = ["Str", "Txt", "Num", "At", "Url"]
            .iter()
            .any(|end| attribute.ends_with(end));
        assert!(ends, "{attribute}");
    }
    let view = |context: &str| {
        let kviews = app["kviews"].as_array().unwrap();
        let found: Vec<_> = kviews
            .iter()
            .filter(|view| view["context"] == context)
            .collect();
        assert_eq!(found.len(), 1, "{context}");
        found[0].clone()
    };
    for context in ["expanded-timeline", "smartbar-details"] {
        let view = view(context);
        assert_eq!(view["resource"], format!("kobject.{KLASS}"));
        let template = view["template"].as_str().unwrap();
        assert!(template.contains(">View in Recharge</a>"));
        let shown: Vec<&str> = template
            .split("'custom.")
            .skip(1)
            .filter_map(|rest| rest.split('\'').next())
            .collect();
        assert!(shown.len() > 10);
        for attribute in shown {
            assert!(
                klass["metadata"]["properties"][attribute].is_object(),
                "{attribute}"
            );
        }
    }
    let card = view("smartbar-card");
    assert_eq!(card["resource"], "customer");
    assert!(card["template"].as_str().unwrap().starts_with(&format!(
        "<DynamicCard src=\"https://sidecard.acme.example/ask/kustomer/{KUSTOMER}/card\" "
    )));
    // The command's host is written into it, and the secret is a setting that Kustomer fills in.
    let command = &app["commands"][0];
    assert_eq!(command["name"], COMMAND);
    assert_eq!(
        command["url"],
        format!("https://sidecard.acme.example/ask/kustomer/{KUSTOMER}/subscriptions")
    );
    assert_eq!(command["permittedArgs"], json!([]));
    assert!(
        command["cacheSeconds"].is_null(),
        "a kept answer could be somebody else's"
    );
    let (alias, setting) = command["appSettings"]
        .as_object()
        .unwrap()
        .iter()
        .next()
        .unwrap();
    assert_eq!(setting["key"], format!("{name}.default.{alias}"));
    assert_eq!(app["settings"]["default"][alias]["type"], "secret");
    assert_eq!(app["settings"]["default"][alias]["defaultValue"], "");
    assert_eq!(
        command["defaultHeaders"]["Authorization"],
        format!("Bearer {{{{{alias}}}}}")
    );
    assert!(
        app["i18n"]["en_us"][format!("{name}.settings.path.default.{alias}.displayName")]
            .is_string()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_registered_and_its_names_are_read_back_whether_or_not_klasses_are_renamed() {
    for suffixes_klasses in [true, false] {
        let options = Options {
            suffixes_klasses,
            ..Options::default()
        };
        let org_id = options.org_id.clone();
        let kustomer = start(options).await.unwrap();
        let names = registered(&kustomer, &made(VERSION)).await;
        assert_eq!(names.app, format!("sidecard_{org_id}"));
        assert_eq!(
            names.command,
            format!("sidecard_{org_id}.app.subscriptions.read")
        );
        let klass = if suffixes_klasses {
            format!("sidecard_{org_id}-subscription")
        } else {
            KLASS.to_owned()
        };
        assert_eq!(names.klass, klass);
        assert!(kustomer.install(&names.app, VERSION));
    }
}
