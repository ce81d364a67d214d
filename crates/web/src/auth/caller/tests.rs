use axum::http::{HeaderName, HeaderValue, StatusCode};

use super::*;

fn caller(roles: &[&str], customer: Option<&str>) -> Caller {
    let organization = "org_0192f0c1e4b87c3a9d5e6f708192a3b4".parse().expect("an id");
    Caller::new(organization, "key_1".to_owned(), roles.iter().copied(), customer.map(str::to_owned))
}

#[test]
fn each_role_may_what_it_may() {
    let may = |caller: &Caller| {
        let own = caller.for_customer("C1").is_ok();
        [caller.admin().is_ok(), caller.staff().is_ok(), own, caller.for_customer("C2").is_ok()]
    };
    assert_eq!(may(&caller(&["Admin"], None)), [true, true, true, true]);
    assert_eq!(may(&caller(&["SalesRep"], None)), [false, true, true, true]);
    assert_eq!(may(&caller(&["Customer"], Some("C1"))), [false, false, true, false]);
    assert_eq!(may(&caller(&["Customer"], None)), [false; 4]);
    assert_eq!(may(&caller(&["admin", "Root"], Some("C1"))), [false; 4]);
    assert_eq!(may(&caller(&[], Some("C1"))), [false; 4]);
    assert_eq!(may(&caller(&["Customer", "SalesRep"], Some("C1"))), [false, true, true, true]);
}

fn of(headers: &[(&'static str, &'static str)]) -> Result<String, StatusCode> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    presented(&map).map(|it| it.expose().to_owned()).map_err(|problem| problem.status())
}

#[test]
fn one_credential_is_taken_from_either_header() {
    assert_eq!(of(&[("authorization", "Bearer abc")]).as_deref(), Ok("abc"));
    assert_eq!(of(&[("authorization", "bearer abc")]).as_deref(), Ok("abc"));
    assert_eq!(of(&[("x-api-key", "abc")]).as_deref(), Ok("abc"));
    assert_eq!(of(&[("authorization", "Bearer abc"), ("x-api-key", "abc")]).as_deref(), Ok("abc"));
}

#[test]
fn everything_else_is_no_credential() {
    for headers in [
        &[][..],
        &[("authorization", "Basic abc")],
        &[("authorization", "Bearer")],
        &[("authorization", "Bearer ")],
        &[("x-api-key", "")],
        &[("authorization", "Bearer abc"), ("x-api-key", "abd")],
        &[("x-api-key", "abc"), ("x-api-key", "abc")],
    ] {
        assert_eq!(of(headers), Err(StatusCode::UNAUTHORIZED), "{headers:?}");
    }
}
