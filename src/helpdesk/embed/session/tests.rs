use super::*;
use crate::domain::access::Settings;
use crate::domain::id::WorkspaceId;
use crate::domain::secret::Secret;

const NOW: i64 = 1_795_169_702;

fn workspace(id: &str, secrets: &[&str]) -> Workspace {
    Workspace {
        id: WorkspaceId::new(id),
        helpdesk: "embed".into(),
        secrets: secrets
            .iter()
            .map(|secret| Secret::new((*secret).to_owned()))
            .collect(),
        settings: Settings::of([("search", "on")]),
        frame_ancestors: Vec::new(),
        longest_expiry: 3_600,
        enabled: true,
    }
}

fn session() -> Session {
    let texts = ["ticket-7", "dana", "en"].map(|text| Some(text.to_owned()));
    Session::new(vec!["kim@acme.example".into()], texts, NOW)
}

fn at(seconds: i64) -> Instant {
    DateTime::from_timestamp(NOW + seconds, 0).unwrap()
}

/// Which cause a token is refused with; `None`: it is taken.
fn refused(token: &str, workspace: &Workspace, now: Instant) -> Option<Cause> {
    let value = format!("Bearer {token}");
    let headers = [("authorization", value.as_bytes())];
    let request = Unverified {
        method: "POST",
        path: "",
        query: "",
        headers: if token.is_empty() { &[] } else { &headers },
        body: b"",
    };
    match Session::resume(request, workspace, now) {
        Ok((_, resumed)) => {
            assert!(resumed == session());
            None
        }
        Err(Refused(cause)) => Some(cause),
    }
}

/// The same token with something else said in it.
fn altered(token: &str, change: impl Fn(&mut Session)) -> String {
    let (text, signature) = token.split_once('.').unwrap();
    let mut said: Session = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    change(&mut said);
    format!("{}.{signature}", said.text())
}

#[test]
fn a_token_is_bound_to_every_part_of_it() {
    let here = workspace("1", &["new", "old"]);
    let token = session().token(&here);
    assert_eq!(refused(&token, &here, at(0)), None);
    assert_eq!(refused(&token, &here, at(15 * 60 - 1)), None);
    let wrong = Some(Cause::WrongSession);
    let table = [
        ("", &here, at(0), Some(Cause::NoSession)),
        (&token, &here, at(15 * 60), Some(Cause::SessionOver)),
        (&token, &workspace("2", &["new"]), at(0), wrong),
        (&token, &workspace("1", &["another"]), at(0), wrong),
        (&token[1..], &here, at(0), wrong),
        (&token[..token.len() - 1], &here, at(0), wrong),
        (&token.to_uppercase(), &here, at(0), wrong),
        ("a.b", &here, at(0), wrong),
        (&format!("{token}."), &here, at(0), wrong),
    ];
    for (token, workspace, now, expected) in table {
        assert_eq!(refused(token, workspace, now), expected, "{token}");
    }
    let changes: [fn(&mut Session); 6] = [
        |said| said.emails[0] = "wanda@acme.example".into(),
        |said| said.emails.push("wanda@acme.example".into()),
        |said| said.profile = Some("ticket-8".into()),
        |said| said.agent = Some("erin".into()),
        |said| said.locale = None,
        |said| said.until += 1,
    ];
    for change in changes {
        assert_eq!(refused(&altered(&token, change), &here, at(0)), wrong);
    }
}

#[test]
fn a_rotation_ends_a_session_when_the_overlap_is_over() {
    let token = session().token(&workspace("1", &["old"]));
    assert_eq!(
        refused(&token, &workspace("1", &["new", "old"]), at(0)),
        None
    );
    assert_eq!(
        refused(&token, &workspace("1", &["new"]), at(0)),
        Some(Cause::WrongSession)
    );
}

#[test]
fn what_is_picked_was_shown_to_this_session() {
    let here = workspace("1", &["new"]);
    let (install, customer) = (
        InstallName::parse("acme-usa").unwrap(),
        CustomerId::new("7"),
    );
    let pick = session().pick(&here, &install, &customer);
    assert_eq!(
        session().picked(&here, &pick),
        Some((install.clone(), customer.clone()))
    );
    let mut other = session();
    other.agent = Some("erin".into());
    assert_eq!(other.picked(&here, &pick), None);
    assert_eq!(session().picked(&workspace("2", &["new"]), &pick), None);
    // A session's own token picks nothing, and a pick opens no session.
    assert_eq!(session().picked(&here, &session().token(&here)), None);
    assert_eq!(refused(&pick, &here, at(0)), Some(Cause::WrongSession));
}

#[test]
fn nobody_searches_without_leave_a_profile_and_an_agent() {
    let here = workspace("1", &["new"]);
    assert!(session().hand(&here).is_some());
    for text in [None, Some("off"), Some("yes")] {
        let mut closed = here.clone();
        closed.settings = Settings::of(text.map(|text| ("search", text)));
        assert!(session().hand(&closed).is_none());
    }
    let changes: [fn(&mut Session); 2] = [|said| said.profile = None, |said| said.agent = None];
    for change in changes {
        let mut said = session();
        change(&mut said);
        assert!(said.hand(&here).is_none());
    }
}
