//! Why a request proved nothing: fixed codes, for the log and for a workspace's page, which has the words for each
//! (`views::text::causes`).

macro_rules! causes {
    ($($variant:ident = $code:literal, $what:literal;)*) => {
        /// Why a request is refused. Whoever sent it learns only that it was.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Cause {
            $(#[doc = $what] $variant,)*
        }

        impl Cause {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word that is logged and stored. One that has been stored is never given another meaning.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
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
    SignedHeaderMissing = "signed_header_missing", "A header that was signed is missing, or there twice.";
    SignedLongAgo = "signed_long_ago", "The request was signed more than five minutes ago.";
    SignedAhead = "signed_ahead", "The request was signed more than five minutes ahead of this clock.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::text::causes;

    #[test]
    fn every_cause_has_a_code_of_its_own_and_words_for_people() {
        for (at, cause) in Cause::ALL.iter().enumerate() {
            let code = cause.code();
            assert!(causes::of(code).is_some(), "{code}");
            assert!(Cause::ALL[..at].iter().all(|other| other.code() != code));
        }
        assert_eq!(causes::of("the signature does not match"), None);
    }
}
