//! Paths: which endpoint a request means, and which scope that endpoint asks for.

use super::actions::Action;
use super::answer::Answer;
use super::catalog::scope_of_owner;
use super::request::Request;
use super::resource::Resource;
use super::resources::RESOURCES;

/// An endpoint. All but the actions are `GET`; a path that is not here is not known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Route {
    Root,
    TokenInformation,
    Store,
    List(&'static Resource),
    One(&'static Resource, &'static str, i64),
    DeliverySchedule(i64),
    Action(&'static Action, i64),
}

impl Route {
    /// The request's endpoint: 404 for an unknown path, 405 for another method on a known one.
    pub(super) fn of(request: &Request) -> Result<Self, Answer> {
        let segments = request.segments();
        let read = Self::at(&segments);
        if request.method != "GET" {
            if let Some((action, id)) = Action::of(request) {
                return Ok(Self::Action(action, id));
            }
        } else if let Some(route) = read {
            return Ok(route);
        }
        if read.is_some() || Action::is_at(&segments) {
            Err(Answer::method_not_allowed())
        } else {
            Err(Answer::not_found())
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

    /// The scopes without all of which a token gets 403.
    pub(super) fn scopes(&self, request: &Request) -> &'static [&'static str] {
        match self {
            Self::List(resource) if resource.plural == "metafields" => {
                scope_of_owner(request.parameter("owner_resource").unwrap_or_default())
            }
            Self::Root | Self::TokenInformation => &[],
            Self::Store => &["read_store"],
            Self::List(resource) | Self::One(resource, ..) => resource.scope.as_slice(),
            Self::DeliverySchedule(_) => &["read_customers"],
            Self::Action(action, _) => action.scopes,
        }
    }
}

fn resource(plural: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.plural == plural)
}
