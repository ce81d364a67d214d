use super::*;

#[test]
fn an_object_in_xml_has_its_attributes_and_first_members_first() {
    let value = json!({
        "A": "1 < 2", "Ref": { "value": "USD", "name": "Dollar" }, "All": [{ "B": true }, { "B": 2 }],
        "domain": "QBO", "Id": "1", "none": null,
    });
    assert_eq!(
        element("X", &value),
        "<X domain=\"QBO\"><Id>1</Id><A>1 &lt; 2</A><All><B>true</B></All><All><B>2</B></All>\
         <Ref name=\"Dollar\">USD</Ref></X>"
    );
}

#[test]
fn times_are_the_companys() {
    let at = |text: &str| time(text.parse().expect("a time"));
    assert_eq!(at("2026-01-02T11:04:05.678Z"), "2026-01-02T03:04:05.678-08:00");
    assert_eq!(at("2026-07-02T11:04:05Z"), "2026-07-02T04:04:05.000-07:00");
}

#[test]
fn an_answer_about_another_is_about_the_other_company() {
    let [first, second] = &companies::COMPANIES;
    assert!(about_another(&first.info().to_string()).contains(second.name));
    assert!(about_another(&second.info().to_string()).contains(first.name));
    assert_eq!(about_another("1a"), "2b");
}
