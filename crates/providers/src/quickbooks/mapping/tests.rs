use kontor_domain::templates::{FieldType, Template};

use super::*;

fn template() -> Template {
    Template::parse(include_str!("../../../../../templates/quickbooks.toml")).expect("a template")
}

fn chosen(pairs: &[(&str, &str)]) -> Mapping {
    mapping(&pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
}

#[test]
fn what_is_not_said_is_the_templates_default() {
    let given = template().check_configuration(&BTreeMap::new(), None).expect("defaults");
    assert_eq!(mapping(&given), chosen(&[]));
    let it = chosen(&[]);
    assert_eq!((it.orders_as, it.invoices_when), (OrdersAs::Estimate, InvoicesWhen::Paid));
    assert_eq!((it.tax_mode, it.invoice_numbers), (TaxMode::AsBilled, InvoiceNumbers::Ours));
    assert_eq!(it.deposit_to, None);
    let both = chosen(&[("DepositTo", "35")]);
    assert_eq!(both.refund_from.as_deref(), Some("35"), "refunds come from where payments go to");
    let own = chosen(&[("DepositTo", "35"), ("RefundFrom", "36")]);
    assert_eq!(own.refund_from.as_deref(), Some("36"));
}

#[test]
fn each_option_of_the_template_means_something_else() {
    let template = template();
    for key in ["OrdersAs", "InvoicesWhen", "TaxMode", "InvoiceNumbers"] {
        let field = template.configuration_fields.iter().find(|it| it.key == key).expect("a field");
        assert_eq!(field.field_type, FieldType::Select, "{key}");
        let read: Vec<Mapping> = field.options.iter().map(|it| chosen(&[(key, it)])).collect();
        for (at, one) in read.iter().enumerate() {
            assert_eq!(read.iter().filter(|it| *it == one).count(), 1, "{key} {}", field.options[at]);
        }
    }
}

#[test]
fn row_12_every_mapped_setting_is_a_field_that_may_be_left_out() {
    let template = template();
    for mapped in MAPPED {
        let field = template.configuration_fields.iter().find(|it| it.key == mapped.key).expect("a field");
        assert!(!field.required && field.default.is_none(), "{}", mapped.key);
        assert_ne!(chosen(&[(mapped.key, "35")]), chosen(&[]), "{}", mapped.key);
        assert_eq!(chosen(&[(mapped.key, " ")]), chosen(&[]), "{}", mapped.key);
    }
}
