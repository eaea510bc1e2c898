//! The bodies of refusals, and what an answer is made of.
//!
//! What Recharge says is known for 401, 404, 409, 422 and 429. No body of 403, 405, 426, 500 or 503 was ever recorded:
//! those are this simulator's choice, in the form of the nearest known one, and no client should depend on them.

use super::json::Json;

/// A status and a body.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Json) -> Self {
        Self::text(status, body.to_string())
    }

    pub(super) fn text(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: "application/json",
            body: body.into(),
        }
    }

    pub(super) fn ok(body: &Json) -> Self {
        Self::json(200, body)
    }

    pub(super) fn no_content() -> Self {
        Self::text(204, "")
    }

    /// A body that is not JSON, as a gateway in front of the API sends it.
    pub(super) fn gateway_page(status: u16) -> Self {
        let title = match status {
            502 => "502 Bad Gateway",
            504 => "504 Gateway Time-out",
            _ => "Just a moment...",
        };
        Self {
            status,
            content_type: "text/html",
            body: format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<h1>{title}</h1>\r\n</body>\r\n</html>\r\n"
            ),
        }
    }

    /// The same body for a missing and for a wrong token.
    pub(super) fn bad_authentication() -> Self {
        Self::text(401, r#"{"error":"bad authentication"}"#)
    }

    /// Not recorded.
    pub(super) fn missing_scope() -> Self {
        Self::text(403, r#"{"error":"insufficient scope"}"#)
    }

    pub(super) fn not_found() -> Self {
        Self::text(404, r#"{"errors":"Not Found"}"#)
    }

    /// Not recorded.
    pub(super) fn bad_request() -> Self {
        Self::text(400, r#"{"errors":"Bad Request"}"#)
    }

    /// Not recorded.
    pub(super) fn not_an_object() -> Self {
        Self::text(415, r#"{"errors":"Unsupported Media Type"}"#)
    }

    /// Not recorded.
    pub(super) fn method_not_allowed() -> Self {
        Self::text(405, r#"{"errors":"Method Not Allowed"}"#)
    }

    pub(super) fn already_in_progress() -> Self {
        Self::text(
            409,
            r#"{"error":"A call to this route is already in progress."}"#,
        )
    }

    /// One parameter that does not hold; recorded for `cursor` and for dates.
    pub(super) fn invalid(parameter: &str, message: impl Into<String>) -> Self {
        let message = Json::List(vec![Json::Text(message.into())]);
        let errors = Json::object([(parameter, message)]);
        Self::json(422, &Json::object([("errors", errors)]))
    }

    /// A value that does not hold, where the message was recorded as bare text.
    pub(super) fn refused(member: &str, message: &str) -> Self {
        let errors = Json::object([(member, Json::from(message))]);
        Self::json(422, &Json::object([("errors", errors)]))
    }

    /// Not recorded.
    pub(super) fn unknown_version() -> Self {
        Self::text(426, r#"{"errors":"Upgrade Required"}"#)
    }

    pub(super) fn too_many_requests() -> Self {
        Self::text(429, r#"{"warning":"too many requests"}"#)
    }

    /// The answer that goes with a bare status. Of the server errors 502 and 504 come from a gateway and are not JSON;
    /// the bodies of the others are not recorded.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::bad_authentication(),
            403 => Self::missing_scope(),
            404 => Self::not_found(),
            409 => Self::already_in_progress(),
            426 => Self::unknown_version(),
            429 => Self::too_many_requests(),
            502 | 504 => Self::gateway_page(status),
            501 => Self::text(501, r#"{"errors":"Not Implemented"}"#),
            503 => Self::text(503, r#"{"errors":"Service Unavailable"}"#),
            _ => Self::text(status, r#"{"errors":"Internal Server Error"}"#),
        }
    }
}
