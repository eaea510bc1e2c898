//! Why a request proved nothing: fixed codes, for the log and for a workspace's page, which has the words for each
//! (`views::text::causes`).

use std::borrow::Cow;

macro_rules! causes {
    ($($variant:ident $(($about:ty))? = $code:literal, $what:literal;)*) => {
        /// Why a request is refused. Whoever sent it learns only that it was.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Cause {
            $(#[doc = $what] $variant $(($about))?,)*
        }

        impl Cause {
            /// The codes of all of them.
            pub const CODES: &[&str] = &[$($code,)*];

            /// The word that is logged and stored. One that has been stored is never given another meaning.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)*
                }
            }
        }
    };
}

causes! {
    NoWorkspace = "no_workspace", "There is no such workspace.";
    OtherHelpdesk = "other_helpdesk", "The workspace answers another kind of helpdesk.";
    Disabled = "disabled", "The workspace is disabled.";
    WrongSignature = "wrong_signature", "The signature is not made with its secret, or not of this request.";
    NoBearer = "no_bearer", "There is no bearer secret.";
    WrongBearer = "wrong_bearer", "The bearer secret is another.";
    WrongPassword = "wrong_password", "The user name or the password is another.";
    WrongHeader = "wrong_header", "The header with the secret is missing, or the secret is another.";
    NoExpiry = "no_expiry", "A signed address does not say when it expires.";
    Expired = "expired", "A signed address has expired.";
    TooFarAhead = "too_far_ahead", "A signed address lasts longer than the workspace allows.";
    UnknownParameter = "unknown_parameter", "A signed address has a parameter that is not known.";
    ControlCharacter = "control_character", "A signed address has a control character in it.";
    ParameterTwice = "parameter_twice", "A signed address says something twice.";
    UnknownVersion = "unknown_version", "A signed address is of another version.";
    NoSession = "no_session", "A page's request does not carry its session.";
    WrongSession = "wrong_session", "A page's session is of another workspace or secret, or altered.";
    SessionOver = "session_over", "A page's session is over.";
    QueryInAddress = "query_in_address", "The address has a query, which no signature covers.";
    NoAuthorization = "no_authorization", "There is no header with the signature, or two.";
    UnreadableAuthorization = "unreadable_authorization", "The header with the signature can't be read.";
    NoTime = "no_time", "There is no header with the time of signing, or two, or it can't be read.";
    TimeNotSigned = "time_not_signed", "The time of signing is not signed.";
    SignedHeaderMissing(Option<&'static str>) = "signed_header_missing", "A header that was signed is missing, or there twice: which, if it is one of the usual ones. No other name is kept, for whoever sent it has proved nothing.";
    SignedLongAgo(u64) = "signed_long_ago", "The request was signed so many minutes ago, more than five.";
    SignedAhead(u64) = "signed_ahead", "The request was signed so many minutes ahead of this clock, more than five.";
}

impl Cause {
    /// The code, and behind a blank what it is about: `signed_ahead 7`.
    pub fn word(self) -> Cow<'static, str> {
        let code = self.code();
        match self {
            Self::SignedLongAgo(minutes) | Self::SignedAhead(minutes) => {
                format!("{code} {minutes}").into()
            }
            Self::SignedHeaderMissing(Some(name)) => format!("{code} {name}").into(),
            _ => code.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::text::causes;

    #[test]
    fn every_cause_has_a_code_of_its_own_and_words_for_people() {
        for (at, code) in Cause::CODES.iter().enumerate() {
            assert!(causes::of(code).is_some(), "{code}");
            assert!(!Cause::CODES[..at].contains(code));
        }
        assert_eq!(causes::of("the signature does not match"), None);
    }

    #[test]
    fn what_a_cause_is_about_is_told() {
        let told = |cause: Cause| causes::of(&cause.word()).unwrap();
        let (what, likely) = told(Cause::SignedAhead(7));
        assert_eq!(what, "signed 7 minutes ahead of this clock");
        assert!(likely.contains("differ by 7 minutes"), "{likely}");
        let (what, _) = told(Cause::SignedLongAgo(150));
        assert_eq!(what, "signed 2 hours ago");
        let (what, likely) = told(Cause::SignedHeaderMissing(Some("accept")));
        assert_eq!(
            what,
            "the signed header `accept` is missing, or there twice"
        );
        assert!(likely.contains("`accept` was removed"), "{likely}");
        let (what, _) = told(Cause::SignedHeaderMissing(None));
        assert_eq!(what, "a signed header is missing, or there twice");
        assert_eq!(told(Cause::Disabled).0, "the workspace is disabled");
    }
}
