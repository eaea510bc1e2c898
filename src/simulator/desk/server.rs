//! The helpdesk on a port.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::{self, Data, Path};
use actix_web::{App, HttpResponse, HttpServer};
use chrono::Utc;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::options::{Card, Now, Options};
use super::{Inner, Running, address, held};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const TICKETS: &str = include_str!("../../../fixtures/desk/tickets.json");

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its tickets can't be read.
    #[error("cannot read the tickets: {0}\n  hint: correct `fixtures/desk/tickets.json`")]
    Tickets(serde_json::Error),
    /// Its address cannot be listened on.
    #[error("cannot listen on: `{address}`: {source}\n  hint: choose a free port, or 0 for any")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// Its thread could not be started, or ended at once.
    #[error(
        "cannot start a thread for the helpdesk: {0}\n  hint: end what runs beside it, and try again"
    )]
    Thread(io::Error),
}

/// What it knows.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) tickets: Mutex<Vec<Ticket>>,
    pub(super) card: Mutex<Option<Card>>,
    pub(super) now: Mutex<Now>,
    agent: String,
    lasts: i64,
}

#[derive(Debug, Deserialize)]
struct File {
    tickets: Vec<Ticket>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ticket {
    pub(super) id: String,
    name: String,
    #[serde(default)]
    pub(super) email: Option<String>,
    received: String,
    subject: String,
    text: String,
}

/// Starts a helpdesk; it runs until the last handle to it is dropped, or until it is stopped. It has a thread of its own.
///
/// # Errors
///
/// When its address is taken.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let File { tickets } = serde_json::from_str(TICKETS).map_err(StartError::Tickets)?;
    let desk = Arc::new(Desk {
        tickets: Mutex::new(tickets),
        card: Mutex::default(),
        now: Mutex::new(options.now),
        agent: options.agent,
        lasts: options.lasts,
    });
    let (tell, told) = oneshot::channel();
    let shared = Arc::clone(&desk);
    std::thread::Builder::new()
        .name("desk-simulator".to_owned())
        .spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let bound = bind(shared, options.listen);
                let handle = bound.map(|(server, address)| (server.handle(), address, server));
                match handle {
                    Ok((handle, address, server)) => {
                        if tell.send(Ok((handle, address))).is_ok()
                            && let Err(error) = server.await
                        {
                            tracing::error!(%error, "the simulated helpdesk broke down");
                        }
                    }
                    // Nobody listens any more when `start` was given up; there is nobody to tell then.
                    Err(source) => drop(tell.send(Err(source))),
                }
            });
        })
        .map_err(StartError::Thread)?;
    let ended = |_| StartError::Thread(io::Error::other("it ended at once"));
    let (server, address) = told
        .await
        .map_err(ended)?
        .map_err(|source| StartError::Listen {
            address: options.listen,
            source,
        })?;
    Ok(Running(Arc::new(Inner {
        desk,
        address,
        server,
    })))
}

fn bind(desk: Arc<Desk>, listen: SocketAddr) -> io::Result<(Server, SocketAddr)> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::from(Arc::clone(&desk)))
            .route("/", page("text/html; charset=utf-8", PAGE))
            .route("/page.css", page("text/css; charset=utf-8", STYLE))
            .route("/page.js", page("text/javascript; charset=utf-8", SCRIPT))
            .route("/tickets", web::get().to(list))
            .route("/tickets/{id}", web::get().to(one))
    })
    .workers(1)
    // Who is slow is not refused with a 408, which the outside system would not send.
    .client_request_timeout(Duration::ZERO)
    .disable_signals()
    .bind(listen)?;
    let address = server.addrs().first().copied();
    let address = address.ok_or_else(|| io::Error::other("no address"))?;
    Ok((server.run(), address))
}

fn page(content_type: &'static str, text: &'static str) -> actix_web::Route {
    web::get().to(move || async move { HttpResponse::Ok().content_type(content_type).body(text) })
}

async fn list(desk: Data<Desk>) -> HttpResponse {
    let tickets = held(&desk.tickets);
    let tickets: Vec<Value> = tickets.iter().map(Ticket::shown).collect();
    given(&json!({ "tickets": tickets }))
}

async fn one(desk: Data<Desk>, id: Path<String>) -> HttpResponse {
    let tickets = held(&desk.tickets);
    match tickets.iter().find(|ticket| ticket.id == *id) {
        Some(ticket) => {
            let mut shown = ticket.shown();
            shown["card"] = desk.card(ticket);
            given(&shown)
        }
        None => HttpResponse::NotFound().finish(),
    }
}

fn given(value: &Value) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(("cache-control", "no-store"))
        .body(value.to_string())
}

impl Ticket {
    pub(super) fn from(id: &str, email: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: email.to_owned(),
            email: Some(email.to_owned()),
            received: String::from("now"),
            subject: String::from("A question"),
            text: String::new(),
        }
    }

    fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "received": self.received,
            "subject": self.subject,
            "text": self.text,
        })
    }
}

impl Desk {
    /// Where the card of a ticket's customer is.
    fn card(&self, ticket: &Ticket) -> Value {
        let card = held(&self.card).clone();
        let address = card.as_ref().zip(ticket.email.as_ref());
        let address = address.map(|(card, email)| {
            let expires = (self.now() + self.lasts).to_string();
            let profile = format!("customer-{email}");
            address::signed(
                card,
                &[
                    ("v", "1"),
                    ("email", email),
                    ("expires", &expires),
                    ("profile", &profile),
                    ("agent", &self.agent),
                ],
            )
        });
        json!({"address": address, "origin": card.map(|card| card.service)})
    }

    fn now(&self) -> i64 {
        match *held(&self.now) {
            Now::System => Utc::now(),
            Now::Fixed(at) => at,
        }
        .timestamp()
    }
}
