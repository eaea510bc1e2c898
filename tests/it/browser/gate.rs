//! What a page may ask for over the network: this machine, and pictures, which are drawn here.

/// What is drawn in place of every picture of the built-in data: a PNG of 90 by 120 points, all of one colour, as base64. Shops
/// have such pictures too; one that is drawn from lines would be laid out as a page of its own.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAFoAAAB4AQMAAABIAnd8AAAABlBMVEUAgID////5Zpl0AAAAFUlEQVR42mNgGAWjYBSMglEwChAAAAYYAAHeScXDAAAAAElFTkSuQmCC";
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
    Picture(&'static str),
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
            return Way::Picture(PICTURE);
        }
        if url.starts_with("http://127.0.0.1:") || url.starts_with("data:") {
            return Way::Through;
        }
        self.strays.push(url.to_owned());
        Way::Refused
    }
}
