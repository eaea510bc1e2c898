//! The rules of an app's definition.

use serde_json::{Value, json};
use url::Url;

use super::answer::Answer;
use super::klasses::{is_klass_name, properties};

/// The keys there are. Another one fails the registration.
const KEYS: [&str; 31] = [
    "app",
    "version",
    "title",
    "identifier",
    "visibility",
    "description",
    "iconUrl",
    "screenshots",
    "appDetails",
    "tags",
    "dependencies",
    "changelog",
    "postInstallMessage",
    "roles",
    "klasses",
    "kviews",
    "hooks",
    "triggers",
    "workflows",
    "actions",
    "commands",
    "settings",
    "settingsPageConfig",
    "i18n",
    "outboundWebhooks",
    "widgets",
    "auth",
    "redirectUris",
    "meta",
    "shortcuts",
    "dataSubscriptions",
];
const CONTEXTS: [&str; 4] = [
    "smartbar-card",
    "smartbar-details",
    "expanded-timeline",
    "create-form",
];
const SETTING_TYPES: [&str; 4] = ["string", "number", "boolean", "secret"];
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// `MAJOR.MINOR.PATCH`, perhaps with what is not released yet behind a dash. Ordered as versions are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    numbers: [u64; 3],
    /// A release comes after what was not released yet.
    released: bool,
    pre: String,
}

impl Version {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (plain, pre) = text.split_once('-').unwrap_or((text, ""));
        let numbers: Vec<u64> = plain
            .split('.')
            .map(|part| part.parse().ok())
            .collect::<Option<_>>()?;
        Some(Self {
            numbers: numbers.try_into().ok()?,
            released: pre.is_empty(),
            pre: pre.to_owned(),
        })
    }

    pub(super) fn major(&self) -> u64 {
        self.numbers[0]
    }
}

/// Whether a definition may be registered, as far as it can be said without the other versions.
pub(super) fn check(definition: &Value) -> Result<(), Answer> {
    let top = definition.as_object();
    let top = top.ok_or_else(|| Answer::bad_request("The definition must be an object"))?;
    if let Some(unknown) = top.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let title = "Additional properties not allowed";
        return Err(Answer::bad_parameter(
            unknown,
            title,
            "/additionalProperties",
        ));
    }
    for key in ["app", "version", "title"] {
        required(definition, key)?;
    }
    let app = text(definition, "app");
    if app.contains([' ', '-']) {
        return Err(wrong("app", "must have no spaces and no dashes"));
    }
    if Version::parse(text(definition, "version")).is_none() {
        return Err(wrong("version", "must be a semantic version"));
    }
    let visibility = &definition["visibility"];
    if !visibility.is_null() && *visibility != json!("private") && *visibility != json!("public") {
        return Err(wrong("visibility", "must be private or public"));
    }
    if !definition["i18n"].is_null() && !definition["i18n"]["en_us"].is_object() {
        return Err(wrong("i18n", "must have en_us"));
    }
    for (_, _, setting) in settings(definition) {
        let kind = setting["type"].as_str().unwrap_or_default();
        if !SETTING_TYPES.contains(&kind) {
            return Err(wrong("settings", "have a type that is not known"));
        }
    }
    list(definition, "klasses")
        .iter()
        .try_for_each(check_klass)?;
    list(definition, "kviews")
        .iter()
        .try_for_each(|kview| check_kview(kview, definition))?;
    list(definition, "commands")
        .iter()
        .try_for_each(|command| check_command(command, definition))
}

fn check_klass(klass: &Value) -> Result<(), Answer> {
    required(klass, "name")?;
    if !is_klass_name(text(klass, "name")) {
        return Err(wrong(
            "klasses",
            "have letters, digits, _ and - in their names",
        ));
    }
    properties(&klass["metadata"]["properties"]).map(drop)
}

fn check_kview(kview: &Value, definition: &Value) -> Result<(), Answer> {
    for key in ["name", "resource", "context", "template"] {
        required(kview, key)?;
    }
    let (resource, context) = (text(kview, "resource"), text(kview, "context"));
    if !CONTEXTS.contains(&context) {
        return Err(wrong("kviews", "have a context that is not known"));
    }
    let klass = resource.strip_prefix("kobject.");
    let own = list(definition, "klasses")
        .iter()
        .any(|own| Some(text(own, "name")) == klass);
    let fits = match context {
        "smartbar-details" | "expanded-timeline" | "create-form" => own,
        _ => own || ["customer", "conversation", "company"].contains(&resource),
    };
    if !fits {
        return Err(wrong(
            "kviews",
            "have a resource that does not fit the context",
        ));
    }
    let state = &kview["meta"]["state"];
    if !state.is_null() && *state != json!("open") && *state != json!("closed") {
        return Err(wrong(
            "kviews",
            "have a state that is neither open nor closed",
        ));
    }
    Ok(())
}

fn check_command(command: &Value, definition: &Value) -> Result<(), Answer> {
    for key in ["name", "displayName", "url", "httpMethod"] {
        required(command, key)?;
    }
    // Plain http is taken on loopback, where this simulator is at home; Kustomer would not reach that.
    let url = Url::parse(text(command, "url")).ok();
    let reachable = url.is_some_and(|url| {
        url.scheme() == "https" || matches!(url.host_str(), Some("127.0.0.1" | "localhost"))
    });
    if !reachable {
        return Err(wrong("commands", "must have an https url"));
    }
    if !METHODS.contains(&text(command, "httpMethod")) {
        return Err(wrong("commands", "have a method that is not known"));
    }
    let app = text(definition, "app");
    let known: Vec<String> = settings(definition)
        .into_iter()
        .map(|(category, name, _)| format!("{app}.{category}.{name}"))
        .collect();
    for (_, setting) in command["appSettings"].as_object().into_iter().flatten() {
        if !known.iter().any(|key| *key == text(setting, "key")) {
            return Err(wrong("commands", "refer to a setting that there is not"));
        }
    }
    Ok(())
}

/// All settings: category, name, and what is said of it.
pub(super) fn settings(definition: &Value) -> Vec<(&str, &str, &Value)> {
    let categories = definition["settings"].as_object().into_iter().flatten();
    categories
        .flat_map(|(category, settings)| {
            let settings = settings.as_object().into_iter().flatten();
            settings.map(move |(name, setting)| (category.as_str(), name.as_str(), setting))
        })
        .collect()
}

/// The names that a private app's components go by: the org's id is put behind the app's own where it stands in front.
pub(super) fn suffixed(definition: &Value, org_id: &str, with_klasses: bool) -> Value {
    let mut named = definition.clone();
    let app = text(definition, "app").to_owned();
    let suffixed = format!("{app}_{org_id}");
    let rename = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        match name.strip_prefix(&app) {
            Some(rest) if rest.starts_with(['.', '-']) => json!(format!("{suffixed}{rest}")),
            _ => json!(name),
        }
    };
    named["app"] = suffixed.clone().into();
    for (kind, key) in [
        ("kviews", "name"),
        ("commands", "name"),
        ("klasses", "name"),
    ] {
        if kind == "klasses" && !with_klasses {
            continue;
        }
        for component in named[kind].as_array_mut().into_iter().flatten() {
            component[key] = rename(&component[key]);
        }
    }
    if with_klasses {
        for kview in named["kviews"].as_array_mut().into_iter().flatten() {
            let resource = text(kview, "resource");
            if let Some(klass) = resource.strip_prefix("kobject.") {
                let klass = rename(&json!(klass));
                let resource = format!("kobject.{}", klass.as_str().unwrap_or_default());
                kview["resource"] = resource.into();
            }
        }
    }
    named
}

/// The list of this name; empty when there is none.
pub(super) fn list<'a>(definition: &'a Value, name: &str) -> &'a [Value] {
    definition[name].as_array().map_or(&[], Vec::as_slice)
}

/// The text of this name; empty when there is none.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn required(value: &Value, key: &str) -> Result<(), Answer> {
    if text(value, key).is_empty() {
        return Err(Answer::bad_parameter(key, "Required", &format!("/{key}")));
    }
    Ok(())
}

fn wrong(parameter: &str, what: &str) -> Answer {
    Answer::bad_parameter(
        parameter,
        &format!("{parameter} {what}"),
        &format!("/{parameter}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_versions() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("1.10.0") > version("1.9.9"));
        assert!(version("1.0.0") > version("1.0.0-rc.1"));
        assert!(version("1.0.0-rc.2") > version("1.0.0-rc.1"));
        for wrong in ["1.0", "1", "", "a.b.c", "1.0.0.0"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }
}
