//! The controls over HTTP, below `/_sim`, for people and for other processes. They are neither logged nor counted.

use super::actions::dunning::Decline;
use super::answer::Answer;
use super::clock::instant;
use super::faults::Fault;
use super::json::Json;
use super::simulator::Simulator;
use super::tables::id_of;

/// What can be done; also the answer to anything else.
const CONTROLS: &str = "GET or DELETE /_sim/requests, PUT /_sim/faults, POST /_sim/strike/{fault}/{times}/{path}, POST /_sim/hold, POST /_sim/release, \
    PUT /_sim/clock, POST /_sim/revoke, POST /_sim/uninstall, PUT, PATCH or DELETE /_sim/{collection}/{id}, \
    GET or DELETE /_sim/deliveries, PUT /_sim/hooks, PUT /_sim/date-moves, POST /_sim/deliveries/hold, POST /_sim/deliveries/release, \
    POST /_sim/charges/{id}/fail, POST /_sim/charges/{id}/max-retries, POST /_sim/send/{resource}/{event}, GET /_sim/truth/{customer id}, and any action of the API without a token: \
    POST /_sim/act/subscriptions/{id}/cancel";

/// Does what the method and the segments behind `/_sim` say.
pub(super) fn control(
    simulator: &Simulator,
    method: &str,
    segments: &[&str],
    body: &str,
) -> Answer {
    done(match (method, segments) {
        ("GET", ["requests"]) => return requests(simulator),
        ("DELETE", ["requests"]) => {
            simulator.forget_requests();
            Ok(())
        }
        ("PUT", ["faults"]) => match body.trim().parse() {
            Ok(faults) => {
                simulator.set_faults(faults);
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        },
        ("POST", ["strike", fault, times, path @ ..]) => strike(simulator, fault, times, path),
        ("PUT", ["date-moves"]) => body.trim().parse().map(|how| {
            simulator.state().tables.date_moves = how;
        }),
        ("POST", ["hold"]) => {
            simulator.hold(true);
            Ok(())
        }
        ("POST", ["release"]) => {
            simulator.hold(false);
            Ok(())
        }
        ("PUT", ["clock"]) => match instant(body.trim()) {
            Some(to) => {
                simulator.move_clock(to);
                Ok(())
            }
            None => Err("not an instant; write it as `2026-11-20T10:15:02Z`".to_owned()),
        },
        ("POST", ["revoke"]) => {
            simulator.revoke_token();
            Ok(())
        }
        ("POST", ["uninstall"]) => {
            simulator.uninstall();
            Ok(())
        }
        ("GET", ["deliveries"]) => return deliveries(simulator),
        ("DELETE", ["deliveries"]) => {
            simulator.forget_deliveries();
            Ok(())
        }
        ("PUT", ["hooks"]) => match body.trim().parse() {
            Ok(hooks) => {
                simulator.set_hooks(hooks);
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        },
        ("POST", ["deliveries", "hold"]) => {
            simulator.hold_deliveries(true);
            Ok(())
        }
        ("POST", ["deliveries", "release"]) => {
            simulator.hold_deliveries(false);
            Ok(())
        }
        ("POST", ["send", resource, event]) => {
            let told = simulator.send_hook(&format!("{resource}/{event}"), body);
            let told = Json::from(i64::try_from(told).unwrap_or(i64::MAX));
            return Answer::ok(&Json::object([("deliveries", told)]));
        }
        ("POST", ["charges", id, "fail"]) => fail(simulator, id, body),
        ("POST", ["charges", id, "max-retries"]) => exhaust(simulator, id),
        ("GET", ["truth", id]) => match number(id) {
            Ok(id) => return Answer::text(200, simulator.truth(id).to_string()),
            Err(message) => Err(message),
        },
        (method, ["act", path @ ..]) => {
            return simulator.act(method, &format!("/{}", path.join("/")), body.to_owned());
        }
        ("PATCH", [collection, id]) => patch(simulator, collection, id, body),
        ("PUT", [collection, id]) => put(simulator, collection, id, body),
        ("DELETE", [collection, id]) => remove(simulator, collection, id),
        _ => {
            return Answer::json(
                404,
                &error(&format!("unknown control; known are: {CONTROLS}")),
            );
        }
    })
}

fn done(result: Result<(), String>) -> Answer {
    match result {
        Ok(()) => Answer::no_content(),
        Err(message) => Answer::json(400, &error(&message)),
    }
}

fn error(message: &str) -> Json {
    Json::object([("error", Json::from(message))])
}

fn requests(simulator: &Simulator) -> Answer {
    match serde_json::to_string(&simulator.requests()) {
        Ok(list) => Answer::text(200, format!("{{\"requests\":{list}}}")),
        Err(problem) => Answer::json(500, &error(&problem.to_string())),
    }
}

fn deliveries(simulator: &Simulator) -> Answer {
    let all = (
        simulator.deliveries(),
        simulator.lost_webhooks(),
        simulator.tally(),
    );
    let lists = serde_json::to_value(all);
    match lists {
        Ok(lists) => Answer::ok(&Json::object([
            ("tally", Json::from(lists[2].clone())),
            ("lost_webhooks", Json::from(lists[1].clone())),
            ("deliveries", Json::from(lists[0].clone())),
        ])),
        Err(problem) => Answer::json(500, &error(&problem.to_string())),
    }
}

fn strike(simulator: &Simulator, fault: &str, times: &str, path: &[&str]) -> Result<(), String> {
    let fault = Fault::of_name(fault).ok_or_else(|| format!("unknown fault: {fault}"))?;
    let times = times
        .parse()
        .map_err(|_| format!("not a number of times: {times}"))?;
    simulator.strike_next(&path.join("/"), fault, times);
    Ok(())
}

/// The body may name the `error` and the `error_type`.
fn fail(simulator: &Simulator, id: &str, body: &str) -> Result<(), String> {
    let given = match body.trim() {
        "" => Json::Null,
        text => Json::parse(text).map_err(|error| format!("not valid JSON: {error}"))?,
    };
    let text = |name: &str| given.get(name).and_then(Json::as_str);
    let usual = Decline::default();
    let decline = Decline {
        error: text("error").unwrap_or(usual.error),
        error_type: text("error_type").unwrap_or(usual.error_type),
    };
    simulator
        .fail_charge(number(id)?, &decline)
        .map_err(|error| error.to_string())
}

fn exhaust(simulator: &Simulator, id: &str) -> Result<(), String> {
    simulator
        .exhaust_retries(number(id)?)
        .map_err(|error| error.to_string())
}

fn patch(simulator: &Simulator, collection: &str, id: &str, body: &str) -> Result<(), String> {
    let members = Json::parse(body).map_err(|error| format!("not valid JSON: {error}"))?;
    simulator
        .patch(collection, number(id)?, members)
        .map_err(|error| error.to_string())
}

fn put(simulator: &Simulator, collection: &str, id: &str, body: &str) -> Result<(), String> {
    let mut object = Json::parse(body).map_err(|error| format!("not valid JSON: {error}"))?;
    let id = number(id)?;
    if collection != "store" {
        match (id_of(collection, &object), &mut object) {
            (Some(own), _) if own == id => {}
            (None, Json::Object(members)) => members.insert(0, ("id".to_owned(), Json::from(id))),
            _ => return Err(format!("not an object with the id of the path: {id}")),
        }
    }
    simulator
        .put(collection, object)
        .map_err(|error| error.to_string())
}

fn remove(simulator: &Simulator, collection: &str, id: &str) -> Result<(), String> {
    simulator
        .remove(collection, number(id)?)
        .map_err(|error| error.to_string())
}

fn number(id: &str) -> Result<i64, String> {
    id.parse().map_err(|_| format!("not an id: {id}"))
}
