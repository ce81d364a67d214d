use std::collections::BTreeMap;

use axum::http::header::HeaderName;

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Payment,
    Sms,
}

impl Numbered for Kind {
    const ALL: &'static [Self] = &[Self::Payment, Self::Sms];
    fn number(self) -> u8 {
        match self {
            Self::Payment => 1,
            Self::Sms => 5,
        }
    }
    fn name(self) -> &'static str {
        match self {
            Self::Payment => "Payment",
            Self::Sms => "Sms",
        }
    }
}

fn headers(values: &[&'static str]) -> HeaderMap {
    values.iter().map(|value| (PREFER, HeaderValue::from_static(value))).collect()
}

#[test]
fn a_value_is_read_by_number_or_name() {
    assert_eq!(parse::<Kind>("1"), Some((Kind::Payment, Form::Numbers)));
    assert_eq!(parse::<Kind>("Sms"), Some((Kind::Sms, Form::Names)));
    assert_eq!(parse::<Kind>("sms"), Some((Kind::Sms, Form::Names)));
    for wrong in ["", "2", "0", "256", "99999999999999999999", "-1", "1.0", "Smss", " 1"] {
        assert_eq!(parse::<Kind>(wrong), None, "{wrong}");
    }
    assert_eq!(choices::<Kind>(), "must be one of: 1 (Payment), 5 (Sms)");
}

#[test]
fn the_prefer_header_is_read_as_rfc_7240_says() {
    let cases: &[(&[&'static str], Option<Form>)] = &[
        (&[], None),
        (&["enums=names"], Some(Form::Names)),
        (&["enums=numbers"], Some(Form::Numbers)),
        (&["ENUMS = Names"], Some(Form::Names)),
        (&["enums=\"names\""], Some(Form::Names)),
        (&["respond-async, wait=10, enums=names; x=y"], Some(Form::Names)),
        (&["return=minimal", "enums=names"], Some(Form::Names)),
        (&["enums=numbers, enums=names"], Some(Form::Numbers)),
        (&["enums=names", "enums=numbers"], Some(Form::Names)),
        (&["note=\"a, enums=numbers\", enums=names"], Some(Form::Names)),
        (&["note=\"a\\\", enums=numbers\", enums=names"], Some(Form::Names)),
        (&["enums=roman"], None),
        (&["enums"], None),
        (&["enumsx=names"], None),
        (&[""], None),
    ];
    for (values, expected) in cases {
        assert_eq!(asked(&headers(values)), *expected, "{values:?}");
    }
}

#[test]
fn without_a_wish_writes_follow_their_body_and_the_rest_is_numbers() {
    let form = |method: Method, body| Preference::of(&method, &HeaderMap::new()).choose(body).form;
    assert_eq!(form(Method::POST, Some(Form::Names)), Form::Names);
    assert_eq!(form(Method::PUT, Some(Form::Names)), Form::Names);
    assert_eq!(form(Method::POST, Some(Form::Numbers)), Form::Numbers);
    assert_eq!(form(Method::POST, None), Form::Numbers);
    assert_eq!(form(Method::GET, Some(Form::Names)), Form::Numbers, "a query's form does not count");
    let wish = Preference::of(&Method::POST, &headers(&["enums=numbers"]));
    assert_eq!(wish.choose(Some(Form::Names)).form, Form::Numbers, "a wish beats the body");
}

#[test]
fn a_followed_wish_is_confirmed_and_only_that() {
    let marked = |values: &[&'static str]| {
        let mut out = HeaderMap::new();
        Preference::of(&Method::GET, &headers(values)).choose(None).mark(&mut out);
        let text = |name: HeaderName| out.get(name).map(|value| value.to_str().unwrap().to_owned());
        (text(VARY), text(PREFERENCE_APPLIED))
    };
    let vary = Some("prefer".to_owned());
    assert_eq!(marked(&[]), (vary.clone(), None));
    assert_eq!(marked(&["enums=roman"]), (vary.clone(), None));
    assert_eq!(marked(&["enums=names"]), (vary.clone(), Some("enums=names".to_owned())));
    assert_eq!(marked(&["enums=numbers"]), (vary, Some("enums=numbers".to_owned())));
}

#[test]
fn values_and_map_keys_are_written_in_the_chosen_form() {
    let json = |form: Form| {
        let map: BTreeMap<_, _> = [(form.show(Kind::Sms), 1), (form.show(Kind::Payment), 2)].into();
        serde_json::to_string(&(form.show(Kind::Sms), map)).unwrap()
    };
    assert_eq!(json(Form::Numbers), r#"[5,{"1":2,"5":1}]"#);
    assert_eq!(json(Form::Names), r#"["Sms",{"Payment":2,"Sms":1}]"#);
}
