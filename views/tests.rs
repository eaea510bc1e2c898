#[test]
fn dump() {
    for (name, answer) in super::samples::all() {
        let html = super::page(&answer, &super::samples::context()).into_string();
        std::fs::write(format!("/tmp/look/{name}.html"), html).unwrap();
    }
    let n = super::notice_page(super::Notice::NotSigned).into_string();
    std::fs::write("/tmp/look/notice.html", n).unwrap();
    let m = super::samples::answer(super::samples::found(super::samples::many(600)));
    std::fs::write(
        "/tmp/look/big600.html",
        super::page(&m, &super::samples::context()).into_string(),
    )
    .unwrap();
    let m = super::samples::answer(super::samples::found(super::samples::many(3)));
    std::fs::write(
        "/tmp/look/three.html",
        super::page(&m, &super::samples::context()).into_string(),
    )
    .unwrap();
}
