//! Any query at all, signed or not.

use proptest::prelude::*;

use super::*;
use crate::domain::access::Settings;

const SECRET: &str = "fake-embed-secret";
const NOW: i64 = 1_795_169_702;

fn workspace() -> Workspace {
    Workspace {
        id: WorkspaceId::new("22222222222222222222222222222222"),
        helpdesk: "embed".into(),
        secrets: vec![Secret::new(SECRET.into())],
        settings: Settings::default(),
        frame_ancestors: Vec::new(),
        longest_expiry: 3_600,
        enabled: true,
    }
}

/// Whether it was let in, and how many are asked about then.
fn read(query: &str) -> Option<Option<usize>> {
    let request = Unverified {
        method: "GET",
        path: "/ask/embed/22222222222222222222222222222222",
        query,
        headers: &[],
        body: b"",
    };
    let now = Instant::from_timestamp(NOW, 0).unwrap();
    let verified = Embed.authenticate(request, &workspace(), now).ok()?;
    let question = Embed.question(&verified).ok();
    Some(question.map(|question| question.subjects().len()))
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,20}",
        "(1|en|de-CH|kim@acme.example|17951[0-9]{5}|[0-9]{1,20}|-[0-9]{1,20})",
        Just((NOW + 600).to_string()),
    ]
}

proptest! {
    #[test]
    fn any_signed_query_is_read_or_refused(
        emails in prop::collection::vec(any_value(), 0..7),
        others in prop::collection::vec(("(v|expires|profile|agent|locale|email|\\PC{0,6})", any_value()), 0..5),
        is_complete in any::<bool>(),
    ) {
        let until = (NOW + 600).to_string();
        let complete = [("v", "1"), ("expires", until.as_str())];
        let mut pairs: Vec<(&str, &str)> = emails.iter().map(|email| ("email", email.as_str())).collect();
        pairs.extend(complete.into_iter().filter(|_| is_complete));
        pairs.extend(others.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let query = signed_query(&Secret::new(SECRET.into()), &workspace().id, &pairs);
        if let Some(Some(asked)) = read(&query) {
            prop_assert!((1..=5).contains(&asked), "{query}");
        }
    }

    #[test]
    fn any_query_that_is_not_signed_is_refused(query in "\\PC{0,200}", signature in "[0-9a-f]{64}") {
        prop_assert_eq!(read(&query), None);
        prop_assert_eq!(read(&format!("{query}&signature={signature}")), None);
    }
}
