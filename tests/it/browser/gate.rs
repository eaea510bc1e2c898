//! What a page may ask for over the network: this machine, and pictures, which are drawn here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What is drawn in place of every picture of the built-in data.
const PICTURE: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" width="90" height="120"><rect width="90" height="120" fill="teal"/></svg>"#;
/// Where those pictures are.
const PICTURES: &str = "https://cdn.acme.example/";

/// The gate of one page.
#[derive(Default)]
pub struct Gate {
    /// Requests with this in their address wait.
    pub holds: Option<&'static str>,
    /// Those that wait, the oldest first: their ids and addresses.
    pub held: Vec<(String, String)>,
    /// Requests with this in their address find nobody.
    pub refuses: Option<&'static str>,
    /// What was asked for elsewhere, and not let out.
    pub strays: Vec<String>,
    /// How many pictures were asked for.
    pub pictures: usize,
}

/// What becomes of a request.
pub enum Way {
    Through,
    Held,
    Refused,
    /// This picture, as base64.
    Picture(String),
}

impl Gate {
    pub fn way(&mut self, id: &str, url: &str) -> Way {
        let has = |part: Option<&str>| part.is_some_and(|part| url.contains(part));
        if has(self.refuses) {
            return Way::Refused;
        }
        if has(self.holds) {
            self.held.push((id.to_owned(), url.to_owned()));
            return Way::Held;
        }
        self.onward(url)
    }

    /// What becomes of one that nothing holds back.
    pub fn onward(&mut self, url: &str) -> Way {
        if url.starts_with(PICTURES) {
            self.pictures += 1;
            return Way::Picture(STANDARD.encode(PICTURE));
        }
        if url.starts_with("http://127.0.0.1:") || url.starts_with("data:") {
            return Way::Through;
        }
        self.strays.push(url.to_owned());
        Way::Refused
    }
}
