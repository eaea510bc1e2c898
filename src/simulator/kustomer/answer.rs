//! What an answer is made of, and the bodies of refusals.
//!
//! Bodies of 400 (`badparam`) and 404 were recorded. Those of 401, 403, 409, 429 and 500 were not: they are this
//! simulator's choice, in the same form, and no client should depend on more than their status.

use serde_json::{Value, json};

/// A status and a body; `null` is no body.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    /// What is left of the limit of the object that was written, and the limit.
    pub(super) object: Option<(u32, u32)>,
}

/// An answer, or the refusal in its place.
pub(super) type Answered = Result<Answer, Answer>;

impl Answer {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            object: None,
        }
    }

    /// 200 with one thing, or a list.
    pub(super) fn ok(data: Value) -> Self {
        Self::new(200, json!({ "data": data }))
    }

    /// 201 with what was made.
    pub(super) fn created(data: Value) -> Self {
        Self::new(201, json!({ "data": data }))
    }

    pub(super) fn no_content() -> Self {
        Self::new(204, Value::Null)
    }

    fn error(status: u16, code: &str, title: &str) -> Self {
        Self::new(
            status,
            json!({"errors": [{"status": status, "code": code, "title": title}]}),
        )
    }

    /// What can't be done as it was asked.
    pub(super) fn bad_request(title: impl AsRef<str>) -> Self {
        Self::error(400, "bad_request", title.as_ref())
    }

    /// A value that does not fit its place.
    pub(super) fn bad_parameter(parameter: &str, title: &str, detail: &str) -> Self {
        let error = json!({"status": 400, "source": {"parameter": parameter}, "code": "badparam", "title": title, "detail": detail});
        Self::new(400, json!({ "errors": [error] }))
    }

    /// An attribute that has no metadata.
    pub(super) fn unknown_attribute(name: &str) -> Self {
        Self::bad_parameter(
            name,
            "Additional properties not allowed",
            "/properties/custom/additionalProperties",
        )
    }

    pub(super) fn unauthorized() -> Self {
        Self::error(401, "unauthorized", "Unauthorized")
    }

    pub(super) fn forbidden() -> Self {
        Self::error(403, "forbidden", "Forbidden")
    }

    pub(super) fn not_found(parameter: &str) -> Self {
        let error = json!({"status": 404, "source": {"parameter": parameter}, "code": "notfound", "title": "Not Found"});
        Self::new(404, json!({ "errors": [error] }))
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::error(405, "method_not_allowed", "Method Not Allowed")
    }

    pub(super) fn conflict(title: impl AsRef<str>) -> Self {
        Self::error(409, "conflict", title.as_ref())
    }

    pub(super) fn too_many_requests() -> Self {
        Self::error(429, "too_many_requests", "Too Many Requests")
    }

    /// The answer that goes with a bare status.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::unauthorized(),
            403 => Self::forbidden(),
            404 => Self::not_found("id"),
            409 => Self::conflict("Conflict"),
            429 => Self::too_many_requests(),
            _ => Self::error(status, "internal", "Internal Server Error"),
        }
    }
}
