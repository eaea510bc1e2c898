//! Paths: which endpoint a request means, and which scope that endpoint asks for.

use super::answer::Answer;
use super::request::Request;
use super::resources::{RESOURCES, Resource};

/// An endpoint. All are `GET`; a path that is not here is not known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Route {
    Root,
    TokenInformation,
    Store,
    List(&'static Resource),
    One(&'static Resource, &'static str, i64),
    DeliverySchedule(i64),
}

impl Route {
    /// The request's endpoint: 404 for an unknown path, 405 for another method on a known one.
    pub(super) fn of(request: &Request) -> Result<Self, Answer> {
        let route = Self::at(&request.segments()).ok_or_else(Answer::not_found)?;
        if request.method == "GET" {
            Ok(route)
        } else {
            Err(Answer::method_not_allowed())
        }
    }

    fn at(segments: &[&str]) -> Option<Self> {
        Some(match segments {
            [] => Self::Root,
            ["token_information"] => Self::TokenInformation,
            ["store"] => Self::Store,
            ["customers", id, "delivery_schedule"] => Self::DeliverySchedule(id.parse().ok()?),
            [plural] => Self::List(resource(plural)?),
            [plural, id] => {
                let resource = resource(plural)?;
                Self::One(resource, resource.singular?, id.parse().ok()?)
            }
            _ => return None,
        })
    }

    /// The scope without which a token gets 403.
    pub(super) fn scope(&self) -> Option<&'static str> {
        match self {
            Self::Root | Self::TokenInformation => None,
            Self::Store => Some("read_store"),
            Self::List(resource) | Self::One(resource, ..) => resource.scope,
            Self::DeliverySchedule(_) => Some("read_customers"),
        }
    }
}

fn resource(plural: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.plural == plural)
}
