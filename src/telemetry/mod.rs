//! What the process tells of itself: log lines on standard error, and metrics.

mod metrics;

mod line;

use std::io;

use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Log, LogFormat};

pub use metrics::{CONTENT_TYPE, Metrics, Reading};

/// A subscriber that writes as configured.
///
/// Libraries are heard from `warn` up whatever is configured: below that, HTTP libraries print addresses and headers, and
/// those hold email addresses and tokens.
pub fn subscriber<W>(log: &Log, writer: W, colour: bool) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let ours_or_harmless = filter_fn(|metadata| {
        let target = metadata.target();
        let ours = target == "sidecard" || target.starts_with("sidecard::");
        // Complains at `error` of every stranger's malformed request.
        let strangers = target.starts_with("actix_http");
        ours || (*metadata.level() <= Level::WARN && !strangers)
    });
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(colour);
    let layer = match log.format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.event_format(line::Lines).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter).with_filter(ours_or_harmless))
}

/// Makes it the process's subscriber. A second call changes nothing.
pub fn start(log: &Log) {
    let colour =
        io::IsTerminal::is_terminal(&io::stderr()) && std::env::var_os("NO_COLOR").is_none();
    let _ = tracing::subscriber::set_global_default(subscriber(log, io::stderr, colour));
}
