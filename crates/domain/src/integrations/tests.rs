use super::*;

#[test]
fn numbers_and_types_belong_together() {
    for (number, name) in
        ["Payment", "Accounting", "Shipping", "Email", "Sms", "Analytics", "Crm", "Inventory"]
            .iter()
            .enumerate()
    {
        let number = i64::try_from(number).expect("a small number") + 1;
        let kind = IntegrationType::from_number(number).expect("a type");
        assert_eq!((kind.as_str(), kind.number()), (*name, number));
    }
    for number in [i64::MIN, -1, 0, 9, i64::MAX] {
        assert_eq!(IntegrationType::from_number(number), None);
    }
}
