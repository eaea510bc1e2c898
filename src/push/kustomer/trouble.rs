//! How asking Kustomer can fail: one variant for each thing that a caller does differently.

use serde_json::Value;
use thiserror::Error;

use crate::domain::day::Instant;

/// What Kustomer says is wrong with a request.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Complaint {
    /// Its word for it; empty when there is none.
    pub code: String,
    /// Which part of the request it is about.
    pub parameter: Option<String>,
    /// Its sentence. It may repeat what was sent, so it is shown to whoever sent it and never logged.
    pub title: String,
}

impl Complaint {
    /// The first of a body's errors, in either of the two forms.
    pub(super) fn of(body: &Value) -> Self {
        let error = &body["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let parameter = [&error["source"]["parameter"], &error["source"]["pointer"]]
            .into_iter()
            .find_map(Value::as_str);
        let title = [&error["title"], &error["message"], &error["detail"]];
        let title = title.into_iter().find_map(Value::as_str);
        Self {
            code: plain(&text(&error["code"])),
            parameter: parameter.map(plain),
            title: title.unwrap_or_default().chars().take(300).collect(),
        }
    }
}

/// A name as programs use them; whatever else was in it is left out.
fn plain(text: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    text.chars().filter(is_plain).take(80).collect()
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.code.is_empty() {
            "no code"
        } else {
            &self.code
        })?;
        match &self.parameter {
            Some(parameter) => write!(f, " ({parameter})"),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Complaint({self})")
    }
}

/// Why there is no answer. Printing it shows nothing that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Trouble {
    /// Nothing came back, or not all of it. A write may have been made all the same.
    #[error("Kustomer does not answer")]
    Unreachable,
    /// It failed by itself. A write may have been made all the same.
    #[error("Kustomer fails: status {0}")]
    Failing(u16),
    /// It answered what nobody can read. A write was probably made.
    #[error("Kustomer's answer can't be read")]
    Unreadable,
    /// Enough for now: of the org's calls, or of one object's.
    #[error("Kustomer has had enough calls for now")]
    RateLimited {
        /// When it takes more, if it said so.
        until: Option<Instant>,
        /// Whether only this object has had enough.
        of_object: bool,
    },
    /// The key is refused: an admin has to give another one.
    #[error("Kustomer refuses the API key")]
    Refused,
    /// The key lacks a role.
    #[error("the API key lacks a role at Kustomer")]
    Forbidden,
    /// There is no such thing.
    #[error("Kustomer has no such thing: {0}")]
    NotFound(Complaint),
    /// It collides with what is there.
    #[error("it collides with what is at Kustomer: {0}")]
    Conflict(Complaint),
    /// An attribute has no metadata: nothing of the request was written.
    #[error("Kustomer does not know the attribute `{0}`")]
    UnknownAttribute(String),
    /// It can't be done as it was asked, however often.
    #[error("Kustomer does not accept the request: status {0}, {1}")]
    Invalid(u16, Complaint),
    /// It leads elsewhere. The key is not carried there.
    #[error("Kustomer leads elsewhere, which is not followed")]
    Redirected,
}

impl Trouble {
    /// Whether a write may have been made although there is no answer that says so.
    pub fn is_unsettled(&self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Failing(_) | Self::Unreadable
        )
    }

    /// What a status and a body mean.
    pub(super) fn of(status: u16, body: &Value, until: Option<Instant>, of_object: bool) -> Self {
        let complaint = Complaint::of(body);
        match status {
            300..=399 => Self::Redirected,
            401 => Self::Refused,
            403 => Self::Forbidden,
            404 => Self::NotFound(complaint),
            409 => Self::Conflict(complaint),
            429 => Self::RateLimited { until, of_object },
            500.. => Self::Failing(status),
            _ => match unknown_attribute(body, &complaint) {
                Some(name) => Self::UnknownAttribute(name),
                None => Self::Invalid(status, complaint),
            },
        }
    }
}

/// Recorded: `{"source":{"parameter":"x"},"code":"badparam","title":"Additional properties not allowed",
/// "detail":"/properties/custom/additionalProperties"}`.
fn unknown_attribute(body: &Value, complaint: &Complaint) -> Option<String> {
    let detail = body["errors"][0]["detail"].as_str().unwrap_or_default();
    let is_of_custom = detail.contains("custom") && detail.contains("additionalProperties");
    let name = complaint.parameter.clone()?;
    is_of_custom.then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_of_errors_are_read_and_nothing_personal_is_printed() {
        let legacy = json!({"errors": [{"status": "400", "source": {"pointer": "/emails/0"}, "code": "badparam", "title": "kim@acme.example is none"}]});
        let plain = json!({"errors": [{"code": "bad_request", "message": "Roles do not match", "meta": {}}]});
        let trouble = Trouble::of(400, &legacy, None, false);
        let text = format!("{trouble} {trouble:?}");
        assert!(
            text.contains("badparam (/emails/0)") && !text.contains("kim"),
            "{text}"
        );
        let Trouble::Invalid(400, complaint) = Trouble::of(400, &plain, None, false) else {
            panic!("invalid");
        };
        assert_eq!(complaint.title, "Roles do not match");
        assert_eq!(
            Trouble::of(404, &json!("<html>"), None, false),
            Trouble::NotFound(Complaint::default())
        );
    }

    #[test]
    fn an_unknown_attribute_is_told_from_another_unknown_field() {
        let error = |detail: &str| json!({"errors": [{"status": 400, "source": {"parameter": "newStr"}, "code": "badparam", "title": "Additional properties not allowed", "detail": detail}]});
        assert_eq!(
            Trouble::of(
                400,
                &error("/properties/custom/additionalProperties"),
                None,
                false
            ),
            Trouble::UnknownAttribute("newStr".into())
        );
        assert!(matches!(
            Trouble::of(400, &error("/additionalProperties"), None, false),
            Trouble::Invalid(400, _)
        ));
    }
}
