//! Registering an app, and reading back what it and its parts are called.

use reqwest::Method;
use serde_json::Value;

use super::talk::Client;
use super::trouble::Trouble;

/// An app as the org has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What its klasses are called.
    pub klasses: Vec<String>,
    /// What its commands are called.
    pub commands: Vec<String>,
}

impl App {
    /// Components are a list of things with a `name`, a list of names, or an object by name: the answer to a registration
    /// is not established, and the list of installed apps has the last form.
    fn of(data: &Value) -> Option<Self> {
        let attributes = if data["attributes"].is_object() {
            &data["attributes"]
        } else {
            data
        };
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| attributes[*name].as_str());
            found.map(str::to_owned)
        };
        Some(Self {
            name: text(&["name", "app"])?,
            version: text(&["version", "current"])?,
            klasses: names(&attributes["klasses"]),
            commands: names(&attributes["commands"]),
        })
    }
}

fn names(components: &Value) -> Vec<String> {
    match components {
        Value::Object(by_name) => by_name.keys().cloned().collect(),
        Value::Array(list) => list
            .iter()
            .filter_map(|one| one.as_str().or_else(|| one["name"].as_str()))
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

impl Client {
    /// Registers a version of an app, for ever. `None`: it is registered, and the answer does not tell the names.
    pub async fn register(&self, definition: &Value) -> Result<Option<App>, Trouble> {
        let path = ["apps", "available"];
        let body = self
            .call(Method::POST, &path, &[], Some(definition))
            .await?;
        let data = if body["data"].is_object() {
            &body["data"]
        } else {
            &body
        };
        Ok(App::of(data))
    }

    /// The apps that are installed in the org.
    pub async fn apps(&self) -> Result<Vec<App>, Trouble> {
        let body = self.call(Method::GET, &["apps"], &[], None).await?;
        let all = body["data"].as_array().ok_or(Trouble::Unreadable)?;
        Ok(all.iter().filter_map(App::of).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_read_in_every_form_they_may_have() {
        for components in [
            json!([{"name": "a_1.x"}, {"name": "a_1.y"}]),
            json!(["a_1.x", "a_1.y"]),
            json!({"a_1.x": {"status": "installed"}, "a_1.y": {}}),
        ] {
            assert_eq!(names(&components), ["a_1.x", "a_1.y"], "{components}");
        }
        let bare = json!({"app": "a_1", "version": "1.0.0", "commands": ["a_1.x"]});
        assert_eq!(App::of(&bare).unwrap().commands, ["a_1.x"]);
        assert_eq!(App::of(&json!({"id": "a_1-1.0.0"})), None);
    }
}
