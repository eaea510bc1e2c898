//! Kustomer's settings, and what the registration adds to them.

use super::definition::{APP, COMMAND, KLASS};
use crate::domain::access::Settings;
use crate::domain::org::Org;
use crate::domain::secret::Secret;
use crate::helpdesk::setting::{Kind, Setting};
use crate::views::text::kustomer as text;

/// How the names of those settings begin that an org has told.
const NAMES: &str = "names.";

/// What an admin writes.
pub const ALL: [Setting; 4] = [
    Setting::new("org", text::ORG, text::ORG_HELP, Kind::Text(org), "")
        .needed()
        .telling(NAMES),
    Setting::new(
        "api_key",
        text::API_KEY,
        text::API_KEY_HELP,
        Kind::Secret,
        "",
    ),
    Setting::new(
        "create_customers",
        text::CREATING,
        text::CREATING_HELP,
        Kind::Switch,
        "off",
    ),
    Setting::new(
        "share",
        text::SHARE,
        text::SHARE_HELP,
        Kind::Number(1, 90),
        "30",
    )
    .rare(),
];

fn org(typed: &str) -> Result<String, &'static str> {
    let org = Org::parse(&typed.to_ascii_lowercase());
    org.map(|org| org.to_string()).map_err(|_| text::NOT_AN_ORG)
}

/// What a workspace has in Kustomer; whatever is kept, every choice has a default that works.
#[derive(Clone, Copy)]
pub struct Choices<'a>(pub &'a Settings);

impl<'a> Choices<'a> {
    /// The org.
    pub fn org(&self) -> Option<Org> {
        Org::parse(self.0.text("org")?).ok()
    }

    /// The key to its API.
    pub fn api_key(&self) -> Option<&'a str> {
        self.0.text("api_key").filter(|key| !key.is_empty())
    }

    /// Whether somebody whom Kustomer does not know is created there.
    pub fn creates_customers(&self) -> bool {
        self.0.text("create_customers") == Some("on")
    }

    /// How many per cent of the org's limit may be used.
    pub fn share(&self) -> u32 {
        let share = self.0.text("share").and_then(|text| text.parse().ok());
        share.unwrap_or(30).clamp(1, 90)
    }

    /// What putting objects on timelines needs, or the first thing of it that is missing.
    pub fn timeline(&self) -> Result<Ready, Missing> {
        let org = self.org().ok_or(Missing::Org)?;
        let key = self.api_key().ok_or(Missing::Key)?;
        let names = self.names().ok_or(Missing::Names)?;
        Ok(Ready {
            org,
            key: Secret::new(key.to_owned()),
            klass: names.klass,
        })
    }

    /// What the app and its parts are called in the org, as Kustomer said; `None` until it is registered.
    pub fn names(&self) -> Option<Names> {
        let name = |part: &str| self.0.text(&format!("{NAMES}{part}")).map(str::to_owned);
        Some(Names {
            app: name("app")?,
            version: name("version")?,
            klass: name("klass")?,
            command: name("command")?,
        })
    }
}

/// What putting objects on timelines needs.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The org.
    pub org: Org,
    /// The key to its API.
    pub key: Secret<String>,
    /// What the klass is called there.
    pub klass: String,
}

/// What is missing for putting objects on timelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The org.
    Org,
    /// The API key.
    Key,
    /// The registration, which tells what the klass is called.
    Names,
}

impl Missing {
    /// What to do, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Org => text::MISSING_ORG,
            Self::Key => text::MISSING_KEY,
            Self::Names => text::MISSING_NAMES,
        }
    }
}

/// What the app and its parts are called in an org: Kustomer appends the org's id to what was submitted, so they are read
/// back and never guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The app.
    pub app: String,
    /// The version that they are of.
    pub version: String,
    /// The klass of the objects on the timeline.
    pub klass: String,
    /// The command that brings the card.
    pub command: String,
}

impl Names {
    /// From what Kustomer lists of an app: the parts are told by how their names end, because the org's id is somewhere
    /// before that. `None`: it is another app.
    pub fn among(
        app: &str,
        version: &str,
        klasses: &[String],
        commands: &[String],
    ) -> Option<Self> {
        let part = |names: &[String], submitted: &str| {
            let ending = submitted.strip_prefix(APP)?;
            let is_it = |name: &&String| name.ends_with(ending) && name.starts_with(APP);
            names.iter().find(is_it).cloned()
        };
        Some(Self {
            app: app.to_owned(),
            version: version.to_owned(),
            klass: part(klasses, KLASS)?,
            command: part(commands, COMMAND)?,
        })
    }

    /// Keeps them among a workspace's settings.
    pub fn keep(&self, settings: &mut Settings) {
        for (part, name) in [
            ("app", &self.app),
            ("version", &self.version),
            ("klass", &self.klass),
            ("command", &self.command),
        ] {
            settings.set(&format!("{NAMES}{part}"), name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helpdesk::setting;

    #[test]
    fn an_org_is_needed_and_is_a_name() {
        let change = |pairs: &[(&str, &str)]| {
            static KNOWN: [Setting; 4] = ALL;
            setting::change(&KNOWN, &Settings::default(), pairs.iter().copied())
        };
        assert!(change(&[("share", "50")]).is_err(), "no org");
        assert!(change(&[("org", "acme.evil.example/")]).is_err());
        assert!(change(&[("org", "acme"), ("share", "91")]).is_err());
        let kept = change(&[("org", "Acme"), ("create_customers", "yes")]).unwrap();
        let choices = Choices(&kept);
        assert_eq!(choices.org().unwrap().as_str(), "acme");
        assert!(choices.creates_customers());
        assert_eq!((choices.share(), choices.api_key()), (30, None));
    }

    #[test]
    fn the_parts_are_found_whatever_the_org_made_of_their_names() {
        let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let klasses = list(&["other", "sidecard-subscription"]);
        let commands = list(&["other.app.x", "sidecard_5e0f.app.subscriptions.read"]);
        let names = Names::among("sidecard_5e0f", "1.0.0", &klasses, &commands).unwrap();
        assert_eq!(names.klass, "sidecard-subscription");
        assert_eq!(names.command, "sidecard_5e0f.app.subscriptions.read");
        assert_eq!(
            Names::among("shopify", "1.0.0", &klasses[..1], &commands),
            None
        );
    }

    #[test]
    fn names_are_kept_beside_what_an_admin_writes() {
        let mut settings = Settings::of([("org", "acme")]);
        assert_eq!(Choices(&settings).names(), None);
        let names = Names {
            app: "sidecard_1".into(),
            version: "1.0.0".into(),
            klass: "sidecard_1-subscription".into(),
            command: "sidecard_1.app.subscriptions".into(),
        };
        names.keep(&mut settings);
        assert_eq!(Choices(&settings).names(), Some(names.clone()));
        static KNOWN: [Setting; 4] = ALL;
        let changed = setting::change(&KNOWN, &settings, [("share", "40")]).unwrap();
        assert_eq!(
            Choices(&changed).names(),
            Some(names.clone()),
            "a change keeps them"
        );
        let same = setting::change(&KNOWN, &settings, [("org", "ACME")]).unwrap();
        assert_eq!(Choices(&same).names(), Some(names), "it is the same org");
        let moved = setting::change(&KNOWN, &settings, [("org", "other")]).unwrap();
        assert_eq!(Choices(&moved).names(), None, "another org has others");
    }
}
