//! What the demo prints: where everything is, and what to look at first.

use std::io::Write;

use super::{Joined, Workspaces};
use crate::app::{App, sign, signed_query};
use crate::domain::day::Instant;
use crate::domain::secret::random_hex;
use crate::simulator::recharge::Running;
use crate::simulator::{self, desk};

/// Kim's active subscription, in the built-in data.
const KIMS: &str = "585000001";

/// The people worth opening first, and what for.
const PEOPLE: [(&str, &str); 16] = [
    ("kim@acme.example", "one active, one cancelled"),
    (
        "wanda.weekly@mail.example",
        "every week on Thursday, two each",
    ),
    (
        "paula.prepaid@mail.example",
        "prepaid: ships monthly, paid every 90 days",
    ),
    (
        "stella.status@mail.example",
        "every status, and one that nobody knows",
    ),
    (
        "rhea.reason@mail.example",
        "cancelled with a reason and a comment",
    ),
    ("olive.only@mail.example", "only cancelled ones"),
    (
        "otto.onetime@mail.example",
        "no subscription, a one-time order",
    ),
    ("twin@mail.example", "two records for one address"),
    ("dana.dunning@mail.example", "the card must be updated"),
    (
        "felix.failed@mail.example",
        "a payment failed and is tried again",
    ),
    ("skye.skipped@mail.example", "a skipped charge"),
    ("yuki.yen@mail.example", "prices in yen"),
    ("zoe.emoji@mail.example", "odd names"),
    ("wholesale@mail.example", "600 subscriptions"),
    ("nobody@mail.example", "not a customer"),
    ("server-error@fault.example", "Recharge fails"),
];

/// What Gladly asks of a profile that is opened, and of one that is linked.
const LOOKUPS: [(&str, &str); 2] = [
    (
        "BASIC",
        r#"{"id":"q0ZxT0a2QJ6n3m5o8s1u4w","emails":["kim@acme.example"]}"#,
    ),
    (
        "DETAILED",
        r#"{"id":"q0ZxT0a2QJ6n3m5o8s1u4w","emails":["kim@acme.example"],"externalCustomerId":"acme-usa:176700001"}"#,
    ),
];

/// The simulators.
pub struct Outside<'a> {
    pub recharge: &'a Running,
    pub org: &'a simulator::kustomer::Running,
    pub tickets: &'a desk::Running,
}

pub fn print(app: &App, outside: &Outside<'_>, workspaces: &Workspaces, now: Instant) {
    let recharge = outside.recharge;
    let base = format!("http://{}", app.address());
    let expires = (now.timestamp() + 24 * 3_600).to_string();
    let embed = &workspaces.embed;
    let width = PEOPLE
        .iter()
        .map(|(_, what)| what.len())
        .max()
        .unwrap_or_default();
    let dim = anstyle::Style::new().dimmed();
    let bold = anstyle::Style::new().bold();
    let mut out = anstream::stdout().lock();
    let mut line = |text: String| {
        // A closed pipe ends the printing, not the service.
        let _ = writeln!(out, "{text}");
    };
    line(format!(
        "{bold}Sidecard demo{bold:#}   everything is invented, and gone when you stop it with ctrl-c"
    ));
    line(format!(
        "  A ticket, simulated  {}  {dim}(open this first: the card beside tickets to click){dim:#}",
        outside.tickets.base_url()
    ));
    line(format!("  Sidecard             {base}"));
    line(format!(
        "  Recharge, simulated  {}  {dim}(what it was asked: /_sim/requests){dim:#}",
        recharge.base_url()
    ));
    line(String::new());
    line(format!(
        "{bold}Cards to open in a browser{bold:#}   signed addresses, good for 24 hours"
    ));
    for (email, what) in PEOPLE {
        let parameters = [("v", "1"), ("email", email), ("expires", &expires)];
        let query = signed_query(&embed.secret, &embed.id, &parameters);
        line(format!(
            "  {what:width$}  {base}/ask/embed/{}?{query}",
            embed.id
        ));
    }
    line(String::new());
    let json = &workspaces.json;
    line(format!(
        "{bold}In Kustomer{bold:#}   an agent's page, simulated: subscriptions on the timeline, the live card beside it"
    ));
    line(format!(
        "  {}",
        outside.org.agent_url("email=kim@acme.example")
    ));
    line(String::new());
    line(format!("{bold}The same as JSON{bold:#}"));
    line(format!(
        "  curl -s -H 'Authorization: Bearer {}' -d '{{\"emails\":[\"kim@acme.example\"]}}' {base}/ask/json/{}",
        json.secret.reveal(),
        json.id
    ));
    line(String::new());
    line(format!(
        "{bold}As Gladly asks{bold:#}   signed, good for nine minutes"
    ));
    for (level, query) in LOOKUPS {
        line(format!(
            "  {}",
            gladly(&base, &workspaces.gladly, level, query, now)
        ));
    }
    line(String::new());
    line(format!(
        "{bold}Something changes{bold:#}   then look at the card again"
    ));
    line(format!(
        "  curl -s -d '{{\"cancellation_reason\":\"Too much coffee\"}}' {}/_sim/act/subscriptions/{KIMS}/cancel",
        recharge.base_url().trim_end_matches('/')
    ));
    line(String::new());
    line(format!(
        "{dim}On the terminal: sidecard lookup kim@acme.example --demo{dim:#}"
    ));
}

/// A lookup for a shell. A stamp may be five minutes off either way, so one from a little ahead lasts longest.
fn gladly(base: &str, workspace: &Joined, level: &str, query: &str, now: Instant) -> String {
    let path = format!("/ask/gladly/{}", workspace.id);
    let unique = level == "DETAILED";
    let body =
        format!(r#"{{"lookupLevel":"{level}","uniqueMatchRequired":{unique},"query":{query}}}"#);
    let at = now + chrono::TimeDelta::minutes(4);
    let headers = sign(
        &workspace.secret,
        &path,
        body.as_bytes(),
        &random_hex(11),
        at,
    );
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("-H '{name}: {value}' "))
        .collect();
    format!("curl -s {headers}-d '{body}' {base}{path}")
}
