//! A helpdesk's settings on the command line: `--set name=value`, `--set-stdin name`, and `workspace settings`.

use std::process::ExitCode;

use clap::Args;

use super::add::named;
use crate::cli::{Configured, Failure, typed};
use crate::config::{Problem, Problems};
use crate::domain::access::Settings;
use crate::domain::secret::Secret;
use crate::helpdesk::setting::{self, NONE};
use crate::helpdesk::{Helpdesk, Kind, Misset, Setting, Wrong};

/// What was typed of them.
#[derive(Debug, Args)]
pub struct Typed {
    /// A setting of the helpdesk; repeatable; nothing behind the `=` for its default
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// A setting that is secret: read from standard input, one line for each, in this order
    #[arg(long, value_name = "NAME")]
    set_stdin: Vec<String>,
    /// The same as --set org=NAME
    #[arg(long, value_name = "NAME")]
    org: Option<String>,
    /// The same as --set-stdin api_key
    #[arg(long)]
    api_key_stdin: bool,
}

/// The same, read.
pub struct Read {
    pub settings: Settings,
    /// The secret that the helpdesk chose.
    pub secret: Option<Secret<String>>,
}

impl Typed {
    /// Without the short forms.
    pub fn spelled_out(mut self) -> Self {
        let org = self.org.take().map(|org| format!("org={org}"));
        self.set.extend(org);
        if std::mem::take(&mut self.api_key_stdin) {
            self.set_stdin.push(String::from("api_key"));
        }
        self
    }

    /// The names of the settings that are given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let set = self.set.iter();
        let set = set.map(|text| text.split_once('=').map_or(text.as_str(), |(name, _)| name));
        set.chain(self.set_stdin.iter().map(String::as_str))
    }

    /// Reads it, beside what is kept; everything wrong goes to `problems`. `chosen`: the first line of standard input is the
    /// secret that the helpdesk chose.
    pub fn read(
        self,
        helpdesk: &dyn Helpdesk,
        kept: &Settings,
        chosen: bool,
        problems: &mut Vec<Problem>,
    ) -> Result<Read, Failure> {
        let known = helpdesk.settings();
        let is_secret = |name: &str| {
            known
                .iter()
                .any(|setting| setting.name == name && setting.is_secret())
        };
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for text in &self.set {
            match text.split_once('=') {
                None => problems.push(Problem {
                    message: format!("`--set` needs a name and a value: `{text}`"),
                    hint: String::from("write it like `--set name=value`"),
                }),
                // What it is stands in the shell's history by now; it is not repeated here.
                Some((name, value)) if is_secret(name) && !value.is_empty() => {
                    problems.push(Problem {
                        message: format!("this setting is secret, and no argument is: `{name}`"),
                        hint: format!("give `--set-stdin {name}`, and the value on standard input"),
                    });
                }
                Some(pair) => pairs.push(pair),
            }
        }
        let prompts = chosen.then_some("secret").into_iter();
        let prompts: Vec<&str> = prompts
            .chain(self.set_stdin.iter().map(String::as_str))
            .collect();
        let mut lines = typed::secrets(&prompts)?.into_iter();
        let chosen = if chosen { lines.next() } else { None };
        let secret = match chosen.map(|typed| setting::chosen_secret(typed.reveal())) {
            Some(Err(hint)) => {
                problems.push(Problem {
                    message: String::from("the secret on standard input can't be used"),
                    hint: hint.to_owned(),
                });
                None
            }
            chosen => chosen.and_then(Result::ok),
        };
        let lines: Vec<Secret<String>> = lines.collect();
        let secrets = self.set_stdin.iter().zip(&lines);
        pairs.extend(secrets.map(|(name, line)| (name.as_str(), line.reveal().as_str())));
        let settings = setting::change(known, kept, pairs.iter().copied());
        let settings = settings.unwrap_or_else(|wrong| {
            let typed = |name: &str| {
                let found = self
                    .set
                    .iter()
                    .rev()
                    .filter_map(|text| text.split_once('='));
                found
                    .clone()
                    .find(|(own, _)| own.trim() == name)
                    .map(|(_, value)| value.to_owned())
            };
            problems.extend(wrong.into_iter().map(|misset| {
                let value = typed(&misset.name).filter(|_| !is_secret(&misset.name));
                told(misset, value, helpdesk)
            }));
            kept.clone()
        });
        Ok(Read { settings, secret })
    }
}

/// All that is wrong, if anything is.
pub fn refuse(problems: Vec<Problem>) -> Result<(), Failure> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::Configuration(Problems(problems)))
    }
}

fn told(misset: Misset, value: Option<String>, helpdesk: &dyn Helpdesk) -> Problem {
    let Misset { name, wrong } = misset;
    match wrong {
        Wrong::Unknown(near) => Problem {
            message: format!("{} has no such setting: `{name}`", helpdesk.title()),
            hint: match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "`sidecard workspace settings {}` lists them",
                    helpdesk.name()
                ),
            },
        },
        Wrong::Value(hint) => Problem {
            message: match value {
                Some(value) => format!("the setting `{name}` can't be that: `{value}`"),
                None => format!("the setting `{name}` can't be that"),
            },
            hint,
        },
        Wrong::Missing => Problem {
            message: format!("{} needs the setting `{name}`", helpdesk.title()),
            hint: format!("give `--set {name}=…`"),
        },
    }
}

/// `workspace settings`
#[derive(Debug, Args)]
pub struct Show {
    /// A workspace (its id, or its name), or a helpdesk
    of: String,
    #[command(flatten)]
    configured: Configured,
}

impl Show {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let (helpdesk, kept, whose) = match crate::helpdesk::named(&self.of) {
            Some(helpdesk) => (helpdesk, Settings::default(), String::from("ID")),
            None => {
                let opened = self.configured.open().await?;
                let record = opened.workspace(&self.of).await?;
                (
                    named(&record.helpdesk)?,
                    record.settings.helpdesk.settings(),
                    record.id.to_string(),
                )
            }
        };
        let settings = helpdesk.settings();
        if settings.is_empty() {
            anstream::println!("{} has no settings", helpdesk.title());
            return Ok(ExitCode::SUCCESS);
        }
        let rows: Vec<(&Setting, String)> = settings
            .iter()
            .map(|setting| (setting, value(setting, &kept)))
            .collect();
        let width = |length: fn(&(&Setting, String)) -> usize| rows.iter().map(length).max();
        let name = width(|(setting, _)| setting.name.len()).unwrap_or_default();
        let shown = width(|(_, value)| value.chars().count())
            .unwrap_or_default()
            .max(5);
        anstream::println!("{:name$}  {:shown$}  WHAT IT IS", "NAME", "VALUE");
        for (setting, value) in &rows {
            // What keys are called is explained alike for all of them.
            let what = match setting.kind {
                Kind::Names => format!("{}: {}", setting.title, setting.help),
                _ => setting.help.to_owned(),
            };
            anstream::println!("{:name$}  {value:shown$}  {what}", setting.name);
        }
        anstream::println!("next: sidecard workspace set {whose} --set NAME=VALUE");
        if settings
            .iter()
            .any(|setting| matches!(setting.kind, Kind::Secret))
        {
            anstream::println!(
                "      what is secret: --set-stdin NAME, and the value on standard input"
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn value(setting: &Setting, kept: &Settings) -> String {
    match (setting.kind, kept.text(setting.name)) {
        (Kind::Secret, Some(_)) => String::from("(stored)"),
        (_, _) => Some(setting.shown(kept))
            .filter(|shown| !shown.is_empty())
            .unwrap_or_else(|| NONE.to_owned()),
    }
}
