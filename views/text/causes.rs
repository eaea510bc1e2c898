//! Why a call of a helpdesk was refused, and the likely reason, by the code that is stored of it.

const CLOCK: &str = "The clock of the machine that signs is wrong, or ours is. Let both set their time over the network.";
const PROXY: &str = "A proxy may have removed or doubled the header on the way, or the helpdesk does not send it. Look at the helpdesk's settings, and at whatever stands between.";
const SECRET: &str = "It is the secret of another workspace, it was rotated, or a blank was pasted with it. Rotate the secret and paste the new one.";
const CODE: &str = "The program that signs the address makes it otherwise than the README says.";

/// What was wrong, and what is likely behind it, by the code that is stored and what stands behind it (`signed_ahead 7`:
/// minutes; `signed_header_missing accept`: a header's name). `None`: not one of these codes.
pub fn of(word: &str) -> Option<(String, String)> {
    let (code, about) = word.split_once(' ').unwrap_or((word, ""));
    if let Some(told) = about_it(code, about) {
        return Some(told);
    }
    let (what, likely) = plain(code).filter(|_| about.is_empty())?;
    Some((what.to_owned(), likely.to_owned()))
}

/// The words of those that are about something.
fn about_it(code: &str, about: &str) -> Option<(String, String)> {
    if code == "signed_header_missing" && !about.is_empty() {
        return Some((
            format!("the signed header `{about}` is missing, or there twice"),
            format!(
                "The header `{about}` was removed or doubled on the way. Look at the proxy, or whatever else stands between."
            ),
        ));
    }
    let apart = apart(about.parse().ok()?);
    let what = match code {
        "signed_long_ago" => format!("signed {apart} ago"),
        "signed_ahead" => format!("signed {apart} ahead of this clock"),
        _ => return None,
    };
    let likely = format!("Their clock and ours differ by {apart}. {CLOCK}");
    Some((what, likely))
}

/// Never under five minutes, so never one of anything.
fn apart(minutes: u64) -> String {
    match minutes {
        0..120 => format!("{minutes} minutes"),
        120..2_880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}

fn plain(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "no_workspace" => (
            "no such workspace",
            "The address in the helpdesk is another. Copy it once more.",
        ),
        "other_helpdesk" => (
            "another kind of helpdesk",
            "The address is of another kind of helpdesk than this workspace is joined to. Copy it once more.",
        ),
        "disabled" => (
            "the workspace is disabled",
            "It refuses every call until it is enabled.",
        ),
        "wrong_signature" => (
            "the signature does not match",
            "The signature does not match: it was made with the key of another workspace, or a blank was pasted with the key. Compare it with the secret of this workspace, or rotate and paste it anew.",
        ),
        "no_bearer" => ("no bearer secret", PROXY),
        "wrong_bearer" => ("another bearer secret", SECRET),
        "wrong_password" => (
            "another user name or password",
            "The user name is not the one of the settings below, or the password is not this workspace's secret.",
        ),
        "wrong_header" => (
            "the header with the secret is missing, or another",
            "The header is not called as in the settings below, a proxy removed it on the way, or its value is not this workspace's secret.",
        ),
        "no_expiry" => ("`expires` is no Unix time in seconds", CODE),
        "expired" => (
            "the signed address has expired",
            "The frame was opened long after its address was made, or the clock of the machine that signs is wrong. Sign a new address for every ticket.",
        ),
        "too_far_ahead" => (
            "`expires` is too far ahead",
            "The address is signed for longer than this workspace allows, or the clock of the machine that signs is wrong.",
        ),
        "unknown_parameter" => ("a parameter that is not known", CODE),
        "control_character" => ("a control character in a parameter", CODE),
        "parameter_twice" => ("a parameter twice", CODE),
        "unknown_version" => ("`v` is not 1", CODE),
        "no_session" => ("a page without its session", PROXY),
        "wrong_session" => (
            "the page's session is another workspace's",
            "The page was opened before the secret was rotated, and the overlap is over. Reload the ticket.",
        ),
        "session_over" => (
            "the page was open for too long",
            "Nothing is wrong: the page asks the agent to reload the ticket.",
        ),
        "query_in_address" => (
            "a query in a signed address",
            "Something stands behind the address in the helpdesk. Copy it once more, with nothing behind it.",
        ),
        "no_authorization" => ("no signature, or two", PROXY),
        "unreadable_authorization" => ("the signature's header can't be read", PROXY),
        "no_time" => ("no time of signing that can be read, or two", PROXY),
        "time_not_signed" => ("the time of signing is not signed", PROXY),
        "signed_header_missing" => ("a signed header is missing, or there twice", PROXY),
        "signed_long_ago" => ("signed more than five minutes ago", CLOCK),
        "signed_ahead" => ("signed more than five minutes ahead of this clock", CLOCK),
        _ => return None,
    })
}
