//! The gateway's schema for the operations that are here, and a validator with .NET's words (authorizenet.md §1.3, §1.4).
//!
//! Types are data in sequence order, which is the order on the wire; another operation adds its types. Refuses to know
//! what an operation does.

use super::{
    NAMESPACE,
    methods::{self, Operation},
};
use crate::xml::Element;

/// What stands in an element.
pub(super) enum Type {
    /// Text, at most so long.
    Text { longest: usize },
    /// Elements: an inherited sequence and the type's own.
    Sequence(&'static [&'static [Part]]),
}

/// A place in a sequence.
pub(super) enum Part {
    One(Field),
    /// Any one of these.
    Choice(&'static [Field]),
}

/// An element of a sequence.
pub(super) struct Field {
    name: &'static str,
    required: bool,
    content: &'static Type,
}

const ANY_TEXT: Type = Type::Text { longest: usize::MAX };

const fn one(name: &'static str, content: &'static Type) -> Field {
    Field { name, required: true, content }
}

const fn maybe(name: &'static str, content: &'static Type) -> Field {
    Field { name, required: false, content }
}

/// XSD24 and, after `mobileDeviceId`, what XSD26 adds (§1.5).
static MERCHANT_AUTHENTICATION: Type = Type::Sequence(&[&[
    Part::One(maybe("name", &Type::Text { longest: 25 })),
    Part::Choice(&[
        one("transactionKey", &Type::Text { longest: 16 }),
        maybe("sessionToken", &ANY_TEXT),
        one("password", &Type::Text { longest: 40 }),
        maybe("impersonationAuthentication", &IMPERSONATION),
        maybe("fingerPrint", &FINGER_PRINT),
        maybe("clientKey", &ANY_TEXT),
        maybe("accessToken", &ANY_TEXT),
    ]),
    Part::One(maybe("mobileDeviceId", &Type::Text { longest: 60 })),
    Part::One(maybe("encPassword", &ANY_TEXT)),
    Part::One(maybe("encMobileDeviceId", &ANY_TEXT)),
    Part::One(maybe("activationCode", &ANY_TEXT)),
]]);

static IMPERSONATION: Type = Type::Sequence(&[&[
    Part::One(one("partnerLoginId", &Type::Text { longest: 25 })),
    Part::One(one("partnerTransactionKey", &Type::Text { longest: 16 })),
]]);

static FINGER_PRINT: Type = Type::Sequence(&[&[
    Part::One(one("hashValue", &ANY_TEXT)),
    Part::One(maybe("sequence", &ANY_TEXT)),
    Part::One(one("timestamp", &ANY_TEXT)),
    Part::One(maybe("currencyCode", &ANY_TEXT)),
    Part::One(maybe("amount", &ANY_TEXT)),
]]);

/// 50 as in XSD26; it was 20 (§1.4).
const REF_ID: Part = Part::One(maybe("refId", &Type::Text { longest: 50 }));

/// What every signed request begins with.
static REQUEST: &[Part] = &[
    Part::One(one("merchantAuthentication", &MERCHANT_AUTHENTICATION)),
    Part::One(maybe("clientId", &Type::Text { longest: 30 })),
    REF_ID,
];

static OPERATIONS: [Operation; 3] = [
    Operation {
        name: "authenticateTestRequest",
        reply: "authenticateTestResponse",
        signed: true,
        content: &Type::Sequence(&[REQUEST]),
        answer: methods::nothing,
    },
    Operation {
        name: "getMerchantDetailsRequest",
        reply: "getMerchantDetailsResponse",
        signed: true,
        content: &Type::Sequence(&[REQUEST]),
        answer: methods::merchant_details,
    },
    Operation {
        name: "isAliveRequest",
        reply: "isAliveResponse",
        signed: false,
        content: &Type::Sequence(&[&[REF_ID]]),
        answer: methods::nothing,
    },
];

/// The operation of a root element.
pub(super) fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|it| it.name == name)
}

impl Part {
    fn fields(&self) -> &[Field] {
        match self {
            Self::One(field) => std::slice::from_ref(field),
            Self::Choice(fields) => fields,
        }
    }

    /// A choice of which one may be absent may be absent.
    fn required(&self) -> bool {
        self.fields().iter().all(|it| it.required)
    }
}

/// The first thing that is wrong, in the validator's words.
pub(super) fn check(element: &Element, content: &Type) -> Result<(), String> {
    match content {
        Type::Text { longest } => check_text(element, *longest),
        Type::Sequence(groups) => {
            let parts: Vec<&Part> = groups.iter().copied().flatten().collect();
            check_sequence(element, &parts)
        }
    }
}

fn check_sequence(element: &Element, parts: &[&Part]) -> Result<(), String> {
    let parent = format!("The element '{}' in namespace '{NAMESPACE}'", element.name);
    if !element.text.trim().is_empty() {
        return Err(format!("{parent} cannot contain text.{}", expected(parts)));
    }
    let mut left = parts;
    for child in &element.children {
        let (content, rest) = place(child, left).ok_or_else(|| {
            format!(
                "{parent} has invalid child element '{}'{}.{}",
                child.name,
                in_namespace(&child.namespace),
                expected(left)
            )
        })?;
        check(child, content)?;
        left = rest;
    }
    if left.iter().any(|it| it.required()) {
        return Err(format!("{parent} has incomplete content.{}", expected(left)));
    }
    Ok(())
}

/// The child's type and the parts after it; none where it may not stand here.
fn place<'a>(child: &Element, parts: &'a [&'a Part]) -> Option<(&'static Type, &'a [&'a Part])> {
    for (at, part) in parts.iter().enumerate() {
        let found = part.fields().iter().find(|it| it.name == child.name && child.namespace == NAMESPACE);
        if let Some(field) = found {
            return Some((field.content, parts.get(at.saturating_add(1)..).unwrap_or_default()));
        }
        if part.required() {
            return None;
        }
    }
    None
}

fn in_namespace(namespace: &str) -> String {
    if namespace.is_empty() { String::new() } else { format!(" in namespace '{namespace}'") }
}

/// Every element that may stand here, up to the first that must.
fn expected(parts: &[&Part]) -> String {
    let until = parts.iter().position(|it| it.required()).map_or(parts.len(), |at| at.saturating_add(1));
    let names: Vec<&str> =
        parts.iter().take(until).flat_map(|it| it.fields().iter().map(|field| field.name)).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(" List of possible elements expected: '{}' in namespace '{NAMESPACE}'.", names.join(", "))
}

fn check_text(element: &Element, longest: usize) -> Result<(), String> {
    if let Some(child) = element.children.first() {
        return Err(format!(
            "The element '{}' in namespace '{NAMESPACE}' cannot contain child element '{}'{} because the parent \
             element's content model is text only.",
            element.name,
            child.name,
            in_namespace(&child.namespace)
        ));
    }
    if element.text.chars().count() > longest {
        return Err(format!(
            "The '{NAMESPACE}:{}' element is invalid - The value {} is invalid according to its datatype 'String' - \
             The actual length is greater than the MaxLength value.",
            element.name,
            shown(element)
        ));
    }
    Ok(())
}

/// Elements whose values are not shown (§1.3, 4); the partner's key and the password are of the same kind.
const MASKED: [&str; 3] = ["transactionKey", "partnerTransactionKey", "password"];

/// A value in a message: quoted, or as many X.
fn shown(element: &Element) -> String {
    if MASKED.contains(&element.name.as_str()) {
        return "X".repeat(element.text.chars().count());
    }
    format!("&#39;{}&#39;", element.text)
}

#[cfg(test)]
mod tests;
