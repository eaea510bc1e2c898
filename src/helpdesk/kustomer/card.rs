//! The live card's page and its script: both without data, so nobody has to prove anything to get them.

use url::Url;

use super::definition::{COMMAND, authorization};
use super::settings::Choices;
use crate::domain::access::Workspace;
use crate::helpdesk::Reply;
use crate::views::{self, kustomer::Live};

/// Whom the page has to do with.
#[derive(Debug, Clone)]
pub struct Hosts {
    /// Where the Cards SDK is.
    pub sdk: Url,
    /// The sites that may show the page in a frame, as a policy names them.
    pub frames: String,
}

/// The page. Nothing tells from it whether there is such a workspace: one that is not registered gets the name that the
/// command was submitted with, as one does that there is not.
pub fn page(hosts: &Hosts, workspace: Option<&Workspace>) -> Reply {
    let names = workspace
        .filter(|workspace| workspace.helpdesk == "kustomer")
        .and_then(|workspace| Choices(&workspace.settings).names());
    let command = names.map_or_else(|| COMMAND.to_owned(), |names| names.command);
    let body = views::kustomer::page(&Live {
        sdk: hosts.sdk.as_str(),
        command: &command,
        authorization: &authorization(),
    });
    let policy = format!(
        "default-src 'none'; script-src 'self' {}; style-src {}; img-src https:; base-uri 'none'; form-action 'none'; frame-ancestors {}",
        hosts.sdk.origin().ascii_serialization(),
        views::style_source(),
        hosts.frames
    );
    Reply {
        status: 200,
        content_type: "text/html; charset=utf-8",
        body: body.into_string().into(),
        policy: Some(policy.into()),
    }
}

/// Its script.
pub fn script() -> Reply {
    Reply {
        status: 200,
        content_type: "text/javascript; charset=utf-8",
        body: views::LIVE_SCRIPT.to_owned().into(),
        policy: None,
    }
}
