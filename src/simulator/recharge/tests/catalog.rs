//! Discounts, plans, collections and metafields.

use super::*;

#[tokio::test]
async fn lists_need_their_scope_and_metafields_that_of_their_owner() {
    let scopes = |scopes: &[&str]| {
        let mut tokens = every_scope();
        tokens[0]["scopes"] = json!(scopes);
        with(&[
            ("tokens", tokens),
            (
                "discounts",
                json!([{"id": 1, "code": "A"}, {"id": 2, "code": "B"}]),
            ),
            (
                "plans",
                json!([{"id": 3, "external_product_id": {"ecommerce": "8"}}, {"id": 4}]),
            ),
            (
                "metafields",
                json!([{"id": 5, "owner_resource": "store"}, {"id": 6, "owner_resource": "customer"}]),
            ),
        ])
    };
    let every = [
        "read_discounts",
        "read_products",
        "read_store",
        "read_customers",
    ];
    let (_running, caller) = open(scopes(&every)).await;
    for (path, plural, ids) in [
        ("/discounts", "discounts", &[2, 1][..]),
        ("/discounts?discount_code=A", "discounts", &[1]),
        ("/plans?external_product_id=8", "plans", &[3]),
        ("/collections?sort_by=updated_at-asc", "collections", &[]),
        ("/metafields?owner_resource=store", "metafields", &[5]),
        (
            "/metafields?owner_resource=customer&sort_by=updated_at-asc",
            "metafields",
            &[6],
        ),
    ] {
        assert_eq!(caller.get(path).await.ids(plural), ids, "{path}");
    }
    for (path, status) in [
        ("/discounts/1", 200),
        ("/metafields", 422),
        ("/metafields?owner_resource=dog", 422),
        ("/metafields?owner_resource=order", 403),
    ] {
        assert_eq!(caller.get(path).await.status, status, "{path}");
    }
    let (_running, caller) = open(scopes(&["read_orders"])).await;
    for path in [
        "/discounts",
        "/discounts/1",
        "/plans",
        "/collections",
        "/metafields?owner_resource=store",
    ] {
        assert_eq!(caller.get(path).await.status, 403, "{path}");
    }
}
