//! Which sites may show the page.

use url::Url;

/// A site that may show a page in a frame: `https://desk.example`, with `*.` for all below a domain; http on loopback only.
pub fn frame_ancestor(text: &str) -> Result<String, &'static str> {
    let text = text.trim().trim_end_matches('/');
    const WRONG: &str =
        "write a site without a path, like `https://acme.desk.example` or `https://*.desk.example`";
    let Some((scheme, host)) = text.split_once("://") else {
        return Err(WRONG);
    };
    let plain = host.strip_prefix("*.").unwrap_or(host);
    let plain = plain.strip_suffix(":*").unwrap_or(plain);
    let harmless = plain
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    let host = Url::parse(&format!("{scheme}://{plain}/"))
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let on_loopback = matches!(host.as_deref(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let fits = scheme == "https" || (scheme == "http" && on_loopback);
    if harmless && host.is_some() && fits {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(WRONG)
    }
}

/// A regular expression, for scripts, that fits the origins of these sites and no other; of no site, none.
pub fn pattern(sites: &[String]) -> String {
    let sites: Vec<String> = sites.iter().map(|site| origins(site)).collect();
    format!("^({})$", sites.join("|"))
}

/// An origin does not name the port that its scheme has anyway.
fn origins(site: &str) -> String {
    let usual = if site.starts_with("https:") {
        ":443"
    } else {
        ":80"
    };
    let mut origins = String::new();
    for letter in site.strip_suffix(usual).unwrap_or(site).chars() {
        match letter {
            '.' | '[' | ']' => origins.extend(['\\', letter]),
            _ => origins.push(letter),
        }
    }
    origins
        .replace("*\\.", r"([^.:/]+\.)+")
        .replace(":*", r"(:\d+)?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_of_sites_is_no_wider_than_the_sites() {
        let sites = [
            "https://acme.desk.example",
            "https://*.help.example:443",
            "http://[::1]:*",
        ];
        let sites: Vec<String> = sites
            .iter()
            .map(|site| frame_ancestor(site).unwrap())
            .collect();
        assert_eq!(
            pattern(&sites),
            r"^(https://acme\.desk\.example|https://([^.:/]+\.)+help\.example|http://\[::1\](:\d+)?)$"
        );
        assert_eq!(pattern(&[]), "^()$", "no origin is empty");
    }

    #[test]
    fn a_site_is_an_origin_and_nothing_that_could_end_the_header() {
        for good in [
            "https://acme.desk.example",
            "https://*.desk.example",
            "https://desk.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1:*",
        ] {
            assert_eq!(frame_ancestor(good).unwrap(), good);
        }
        assert_eq!(
            frame_ancestor("https://Desk.example/").unwrap(),
            "https://desk.example"
        );
        for bad in [
            "",
            "*",
            "desk.example",
            "http://desk.example",
            "http://localhost.desk.example",
            "https://desk.example/path",
            "https://desk.example; script-src *",
            "https://a.example https://b.example",
            "https://'none'",
            "https://",
            "javascript://x",
        ] {
            assert!(frame_ancestor(bad).is_err(), "{bad}");
        }
    }
}
