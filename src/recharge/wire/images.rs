//! The pictures of a line item.

use serde_json::{Map, Value};

use super::Lenient;
use crate::domain::web_url::WebUrl;

/// The sizes in the order of preference: a card shows a picture at 40 to 80 pixels, for which `medium` is enough.
const SIZES: [&str; 4] = ["medium", "small", "large", "original"];

/// The picture that suits a card best. `images` is an object of addresses on line items, an array of such objects on
/// 2021-11 products, and may be `{}`. Only https addresses count.
pub struct Images(pub WebUrl);

impl Lenient for Images {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Object(sizes) => best(&sizes),
            Value::Array(all) => all.iter().filter_map(Value::as_object).find_map(best),
            _ => None,
        }
        .map(Self)
    }
}

fn best(sizes: &Map<String, Value>) -> Option<WebUrl> {
    SIZES
        .iter()
        .filter_map(|size| sizes.get(*size)?.as_str())
        .find_map(|address| WebUrl::parse(address).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn image(value: Value) -> Option<String> {
        Images::read(value).map(|image| image.0.as_str().to_owned())
    }

    #[test]
    fn the_best_size_that_can_be_shown_is_taken() {
        let of = |size: &str| format!("https://cdn.acme.example/a_{size}.png");
        let all = json!({"large": of("large"), "medium": of("medium"), "original": of("original"), "small": of("small")});
        assert_eq!(image(all.clone()), Some(of("medium")));
        assert_eq!(image(json!([{}, all])), Some(of("medium")));
        assert_eq!(
            image(json!({"medium": null, "large": of("large"), "small": "javascript:alert(1)"})),
            Some(of("large"))
        );
        assert_eq!(
            image(json!({"medium": 7, "original": of("original")})),
            Some(of("original"))
        );
    }

    #[test]
    fn no_picture_is_no_trouble() {
        for none in [
            json!(null),
            json!({}),
            json!([]),
            json!([null, 1, {}]),
            json!({"medium": "http://cdn.acme.example/a.png"}),
            json!({"medium": ""}),
        ] {
            assert_eq!(image(none.clone()), None, "{none}");
        }
    }
}
