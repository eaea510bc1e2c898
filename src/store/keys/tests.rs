use super::*;
use proptest::prelude::*;

const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
const BASE64: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn refused(text: &str) -> String {
    KeyRing::parse(text, "test.keys").unwrap_err().to_string()
}

#[test]
fn a_file_has_a_key_per_line_and_comments() {
    let text = format!(
        "# the newest first\n\n  k2\t{BASE64}  # since June\r\nk1 {HEX}\nk0 {}\n",
        BASE64.trim_end_matches('=')
    );
    let ring = KeyRing::parse(&text, "test.keys").unwrap();
    assert_eq!(ring.ids(), ["k2", "k1", "k0"]);
    assert_eq!(format!("{ring:?}"), r#"["k2", "k1", "k0"]"#);
    assert_eq!(ring.source_name(), "test.keys");
}

#[test]
fn a_line_that_is_wrong_is_named_and_not_shown() {
    let cases = [
        (String::from(BASE64), "two words"),
        (format!("k1 {HEX} more"), "two words"),
        (format!("{HEX} k1"), "the first word must be a name"),
        (format!("k/1 {HEX}"), "the first word must be a name"),
        (format!("k1 {}", &HEX[2..]), "neither base64 nor hex"),
        (
            format!("k1 {}", HEX.replace('f', "g").replace('F', "G")),
            "not hex",
        ),
        (
            String::from("k1 AAECAwQFBgcICQoLDA0ODw=="),
            "does not have 32 bytes",
        ),
        (String::from("k1 !!!!"), "neither base64 nor hex"),
        (format!("k1 {}", "0".repeat(64)), "no key"),
        (format!("k1 {BASE64}\nk1 {HEX}"), "the same name"),
    ];
    for (text, why) in cases {
        let said = refused(&text);
        assert!(
            said.contains(why) || said.contains("does not have 32 bytes"),
            "{text}: {said}"
        );
        assert!(
            said.contains("of the keys file `test.keys`") && said.contains("hint: "),
            "{said}"
        );
        for word in text.split_whitespace().filter(|word| word.len() > 8) {
            assert!(!said.contains(word), "{said}");
        }
    }
    assert!(refused("# nothing\n\n").contains("has no key in it"));
}

#[test]
fn a_new_line_is_a_key_of_today() {
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-20T10:15:02Z")
        .unwrap()
        .to_utc();
    let (a, b) = (KeyRing::new_line(now), KeyRing::new_line(now));
    assert_ne!(a, b);
    assert!(a.starts_with("20261120-") && !a.contains('\n'), "{a}");
    let ring = KeyRing::parse(&format!("{a}\n{b}\n"), "test.keys").unwrap();
    assert_eq!(ring.ids().len(), 2);
    assert!(KeyRing::throw_away(now).is_ok());
}

#[test]
fn a_file_that_is_not_there_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let said = KeyRing::read(&folder.path().join("no.keys"))
        .unwrap_err()
        .to_string();
    assert!(said.starts_with("there is no keys file: `"), "{said}");
    assert!(said.contains("sidecard keys new > "), "{said}");
    let said = KeyRing::read(folder.path()).unwrap_err().to_string();
    assert!(
        said.contains("can't be read") || said.contains("others than its owner"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sidecard.keys");
    fs::write(&path, KeyRing::new_line(Default::default())).unwrap();
    for (mode, good) in [
        (0o600, true),
        (0o400, true),
        (0o640, false),
        (0o604, false),
        (0o620, false),
    ] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let read = KeyRing::read(&path);
        assert_eq!(read.is_ok(), good, "{mode:o}");
        if let Err(error) = read {
            let said = error.to_string();
            assert!(
                said.contains(&format!("type `chmod 600 '{}'`", path.display())),
                "{said}"
            );
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(\\PC|\n){0,200}") {
        let _ = KeyRing::parse(&text, "test.keys");
    }
}

#[cfg(unix)]
fn for_its_owner(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_key_that_is_new_in_the_file_is_learned_and_the_old_ones_still_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sidecard.keys");
    fs::write(&path, KeyRing::new_line(Default::default())).unwrap();
    for_its_owner(&path);
    let ring = KeyRing::read(&path).unwrap();
    let old = ring.ids();
    assert!(ring.find("nobody").is_none());
    let new = KeyRing::new_line(Default::default());
    let id = new.split(' ').next().unwrap();
    fs::write(&path, "no key at all").unwrap();
    assert!(ring.find(id).is_none(), "a file that can't be used");
    assert_eq!(ring.ids(), old);
    fs::write(&path, &new).unwrap();
    assert_eq!(ring.ids(), old, "nothing has asked for it");
    assert!(ring.find(id).is_some());
    assert_eq!(ring.first().unwrap().id, id, "it seals from now on");
    assert!(ring.find(&old[0]).is_some());
}
