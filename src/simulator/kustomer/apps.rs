//! Apps: registered for ever, version by version, and installed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Answered};
use super::clock::stamp;
use super::definition::{self, Version, list, settings, suffixed, text};
use super::klasses::properties;
use super::state::State;

#[derive(Debug, Default)]
pub(super) struct Apps {
    /// In the order they were registered.
    registered: Vec<Registered>,
    pub(super) installed: BTreeMap<String, Installed>,
}

#[derive(Debug, Clone)]
struct Registered {
    version: Version,
    /// With the names that are used.
    definition: Value,
}

/// An app in the org.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    pub(super) definition: Value,
    /// What an admin typed: `category.name` -> text.
    pub(super) settings: BTreeMap<String, String>,
    components: Map<String, Value>,
    at: DateTime<Utc>,
}

impl State {
    pub(super) fn register_app(&mut self, given: &Value) -> Answered {
        definition::check(given)?;
        let named = if given["visibility"] == json!("private") {
            let choices = &self.choices;
            suffixed(given, &choices.org_id, choices.suffixes_klasses)
        } else {
            given.clone()
        };
        let app = text(&named, "app");
        let version = Version::parse(text(&named, "version"));
        let version = version.ok_or_else(|| Answer::bad_request("No version"))?;
        let before = self.apps.registered.iter();
        let before: Vec<&Registered> = before
            .filter(|other| text(&other.definition, "app") == app)
            .collect();
        if before.iter().any(|other| other.version == version) {
            return Err(Answer::conflict(
                "This version is already registered, increment the version",
            ));
        }
        if let Some(latest) = before.iter().max_by(|a, b| a.version.cmp(&b.version)) {
            if latest.version > version {
                return Err(Answer::bad_request("Cannot register outdated version"));
            }
            let same_roles = latest.definition["roles"] == named["roles"];
            if !same_roles && latest.version.major() == version.major() {
                return Err(Answer::bad_request("Roles do not match previous version"));
            }
        }
        let resource = json!({
            "type": "app_available",
            "id": format!("{app}-{}", text(&named, "version")),
            "attributes": named,
        });
        self.apps.registered.push(Registered {
            version,
            definition: named,
        });
        Ok(Answer::created(resource))
    }

    /// Installs a version, as the App Directory does, or upgrades to it; settings stay.
    pub(super) fn install_app(&mut self, app: &str, version: &str, now: DateTime<Utc>) -> Answered {
        let found = self.apps.registered.iter().find(|registered| {
            let definition = &registered.definition;
            text(definition, "app") == app && text(definition, "version") == version
        });
        let found = found.ok_or_else(|| Answer::not_found("app"))?;
        let definition = found.definition.clone();
        let mut components = Map::new();
        let component =
            |id: String| json!({"status": "installed", "statusAt": stamp(now), "id": id});
        let mut klasses = Map::new();
        for klass in list(&definition, "klasses") {
            let properties = properties(&klass["metadata"]["properties"])?;
            let (icon, color) = (klass["icon"].clone(), klass["color"].clone());
            let id = self.put_klass(text(klass, "name"), icon, color, Some(properties));
            klasses.insert(text(klass, "name").to_owned(), component(id));
        }
        components.insert("klasses".to_owned(), klasses.into());
        for kind in [
            "kviews",
            "commands",
            "hooks",
            "triggers",
            "workflows",
            "actions",
            "outboundWebhooks",
        ] {
            let mut installed = Map::new();
            for part in list(&definition, kind) {
                installed.insert(text(part, "name").to_owned(), component(self.next_id()));
            }
            components.insert(kind.to_owned(), installed.into());
        }
        let before = self.apps.installed.remove(app);
        let mut values: BTreeMap<String, String> = settings(&definition)
            .into_iter()
            .map(|(category, name, setting)| {
                let otherwise = text(setting, "defaultValue").to_owned();
                (format!("{category}.{name}"), otherwise)
            })
            .collect();
        values.extend(before.map(|before| before.settings).unwrap_or_default());
        let installed = Installed {
            definition,
            settings: values,
            components,
            at: now,
        };
        let resource = installed.resource();
        self.apps.installed.insert(app.to_owned(), installed);
        Ok(Answer::created(resource))
    }

    pub(super) fn list_apps(&self) -> Answer {
        let all = self.apps.installed.values().map(Installed::resource);
        Answer::ok(Value::Array(all.collect()))
    }

    /// What an admin types on the app's settings page. `false`: there is no such setting.
    pub(super) fn set_setting(&mut self, app: &str, name: &str, value: &str) -> bool {
        let installed = self.apps.installed.get_mut(app);
        let setting = installed.and_then(|installed| installed.settings.get_mut(name));
        setting.map(|setting| *setting = value.to_owned()).is_some()
    }
}

impl Installed {
    fn resource(&self) -> Value {
        let (app, version) = (
            text(&self.definition, "app"),
            text(&self.definition, "version"),
        );
        let mut attributes = self.components.clone();
        for (name, value) in [
            ("name", app),
            ("current", version),
            ("version", version),
            ("status", "installed"),
            ("statusAt", stamp(self.at).as_str()),
        ] {
            attributes.insert(name.to_owned(), value.into());
        }
        json!({"type": "app_installed", "id": format!("{app}-{version}"), "attributes": attributes})
    }
}
