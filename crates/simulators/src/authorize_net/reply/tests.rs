use super::*;

fn reply() -> Reply {
    let own = vec![
        ("empty", Value::text("")),
        ("all", Value::List("one", vec![Value::text("a"), Value::text("<b>")])),
        ("none", Value::List("one", Vec::new())),
        (
            "address",
            Value::Derived { base: vec![("city", Value::text("x"))], own: vec![("email", Value::text("y"))] },
        ),
        ("count", Value::Number(2)),
        ("flag", Value::Flag(true)),
    ];
    Reply::of("testResponse", Some("r\"1".to_owned()), Answer::ok(own))
}

#[test]
fn json_has_its_own_members_first_and_bare_lists() {
    assert_eq!(
        reply().text(true),
        "{\"empty\":\"\",\"all\":[\"a\",\"<b>\"],\"none\":[],\"address\":{\"email\":\"y\",\"city\":\"x\"},\
         \"count\":2,\"flag\":true,\"refId\":\"r\\\"1\",\"messages\":{\"resultCode\":\"Ok\",\
         \"message\":[{\"code\":\"I00001\",\"text\":\"Successful.\"}]}}"
    );
}

#[test]
fn xml_has_the_inherited_members_first_and_wrapped_lists() {
    assert_eq!(
        reply().text(false),
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><testResponse xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"AnetApi/xml/v1/schema/AnetApiSchema.xsd\">\
         <refId>r\"1</refId><messages><resultCode>Ok</resultCode><message><code>I00001</code><text>Successful.</text></message></messages>\
         <empty /><all><one>a</one><one>&lt;b&gt;</one></all><none /><address><city>x</city><email>y</email></address>\
         <count>2</count><flag>true</flag></testResponse>"
    );
}
