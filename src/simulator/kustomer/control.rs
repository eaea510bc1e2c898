//! The controls over HTTP, below `/_sim`, for people and for other processes. They are neither logged nor counted.

use chrono::DateTime;
use serde_json::json;

use super::answer::Answer;
use super::request::Request;
use super::simulator::Simulator;

/// What can be done; also the answer to anything else.
const CONTROLS: &str = "GET or DELETE /_sim/requests, GET /_sim/events, PUT /_sim/faults, PUT /_sim/clock, \
    PUT /_sim/settings/{app}/{category}/{name}";

/// Does what the method and the segments behind `/_sim` say.
pub(super) fn control(simulator: &Simulator, request: &Request, segments: &[&str]) -> Answer {
    let body = String::from_utf8_lossy(&request.body);
    let body = body.trim();
    let done = match (request.method.as_str(), segments) {
        ("GET", ["requests"]) => {
            return Answer::new(200, json!({ "requests": simulator.requests() }));
        }
        ("DELETE", ["requests"]) => {
            simulator.forget_requests();
            Ok(())
        }
        ("GET", ["events"]) => {
            let events = simulator.with(|state| state.events.all());
            return Answer::new(200, json!({ "events": events }));
        }
        ("PUT", ["faults"]) => match body.parse() {
            Ok(faults) => {
                simulator.set_faults(faults);
                Ok(())
            }
            Err(error) => Err(format!("{error}")),
        },
        ("PUT", ["clock"]) => match DateTime::parse_from_rfc3339(body) {
            Ok(to) => {
                simulator.clock.move_to(to.to_utc());
                Ok(())
            }
            Err(_) => Err("not an instant; write it as `2026-11-20T10:15:02Z`".to_owned()),
        },
        ("PUT", ["settings", app, category, name]) => {
            let name = format!("{category}.{name}");
            if simulator.with(|state| state.set_setting(app, &name, body)) {
                Ok(())
            } else {
                Err("there is no such setting of an installed app".to_owned())
            }
        }
        _ => Err(format!("unknown control; known are: {CONTROLS}")),
    };
    match done {
        Ok(()) => Answer::no_content(),
        Err(message) => Answer::new(400, json!({ "error": message })),
    }
}
