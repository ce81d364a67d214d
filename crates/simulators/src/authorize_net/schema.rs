//! The gateway's schema for the operations that are here, and a validator with .NET's words (authorizenet.md §1.3, §1.4).
//!
//! Types are data in sequence order, which is the order on the wire (`schema.txt`). Refuses to know what an operation
//! does.

mod read;
mod simple;

use read::{Part, SCHEMA, Type};
pub(super) use simple::time;

use super::NAMESPACE;
use crate::xml::Element;

/// The first thing that is wrong with a request, in the validator's words.
pub(super) fn check(root: &Element) -> Result<(), String> {
    match SCHEMA.named(&root.name) {
        Some(content) => check_type(root, content),
        None => Err(format!("The '{NAMESPACE}:{}' element is not declared.", root.name)),
    }
}

/// Puts bare arrays into the wrapper that the schema wants around them: a lenient gateway's reading (§1.2, unsure).
pub(super) fn wrap_bare_lists(root: &mut Element) {
    if let Some(content) = SCHEMA.named(&root.name) {
        wrap(root, content);
    }
}

fn wrap(element: &mut Element, content: &Type) {
    let Type::Sequence(parts) = content else { return };
    for field in parts.iter().flat_map(|it| &it.fields) {
        let content = SCHEMA.get(field.content);
        if let Some(item) = item(content) {
            let bare = |it: &Element| it.name == field.name && it.child(item).is_none();
            if element.children.iter().any(|it| bare(it) && !it.children.is_empty()) {
                let at = element.children.iter().position(|it| it.name == field.name).unwrap_or_default();
                let mut list = Element {
                    namespace: NAMESPACE.to_owned(),
                    name: field.name.to_owned(),
                    ..Element::default()
                };
                let (bare, rest): (Vec<_>, Vec<_>) =
                    std::mem::take(&mut element.children).into_iter().partition(|it| it.name == field.name);
                let items = bare.into_iter().map(|it| Element { name: item.to_owned(), ..it });
                list.children.extend(items);
                element.children = rest;
                element.children.insert(at.min(element.children.len()), list);
            }
        }
        element.children.iter_mut().filter(|it| it.name == field.name).for_each(|it| wrap(it, content));
    }
}

/// What a list's wrapper holds: one element that may come often, and nothing else.
fn item(content: &Type) -> Option<&'static str> {
    let Type::Sequence(parts) = content else { return None };
    let [part] = parts.as_slice() else { return None };
    let [field] = part.fields.as_slice() else { return None };
    (field.most > 1).then_some(field.name)
}

fn check_type(element: &Element, content: &Type) -> Result<(), String> {
    match content {
        Type::Any => Ok(()),
        Type::Sequence(parts) => check_sequence(element, parts),
        Type::Text(simple) => {
            if let Some(child) = element.children.first() {
                return Err(format!(
                    "The element '{}' in namespace '{NAMESPACE}' cannot contain child element '{}'{} because the parent \
                     element's content model is text only.",
                    element.name,
                    child.name,
                    in_namespace(&child.namespace)
                ));
            }
            simple.wrong(&element.name, &element.text).map_or(Ok(()), Err)
        }
    }
}

/// How far a sequence was read: the part that is next, and how often it came already.
#[derive(Clone, Copy, Default)]
struct Read {
    at: usize,
    taken: usize,
}

fn check_sequence(element: &Element, parts: &[Part]) -> Result<(), String> {
    let parent = format!("The element '{}' in namespace '{NAMESPACE}'", element.name);
    let mut read = Read::default();
    if !element.text.trim().is_empty() {
        return Err(format!("{parent} cannot contain text.{}", expected(parts, read)));
    }
    for child in &element.children {
        let (content, next) = place(child, parts, read).ok_or_else(|| {
            format!(
                "{parent} has invalid child element '{}'{}.{}",
                child.name,
                in_namespace(&child.namespace),
                expected(parts, read)
            )
        })?;
        check_type(child, content)?;
        read = next;
    }
    let left = parts.iter().skip(read.at).enumerate();
    if left.into_iter().any(|(at, part)| part.required() && !(at == 0 && read.taken > 0)) {
        return Err(format!("{parent} has incomplete content.{}", expected(parts, read)));
    }
    Ok(())
}

/// The child's type and how far the sequence is read after it; none where it may not stand here.
fn place(child: &Element, parts: &[Part], read: Read) -> Option<(&'static Type, Read)> {
    for (at, part) in parts.iter().enumerate().skip(read.at) {
        let taken = if at == read.at { read.taken } else { 0 };
        let found = part.fields.iter().find(|it| it.name == child.name && child.namespace == NAMESPACE);
        if let Some(field) = found.filter(|it| taken < it.most) {
            let taken = taken.saturating_add(1);
            let next = if taken < field.most {
                Read { at, taken }
            } else {
                Read { at: at.saturating_add(1), taken: 0 }
            };
            return Some((SCHEMA.get(field.content), next));
        }
        if part.required() && taken == 0 {
            return None;
        }
    }
    None
}

fn in_namespace(namespace: &str) -> String {
    if namespace.is_empty() { String::new() } else { format!(" in namespace '{namespace}'") }
}

/// Every element that may stand here, up to the first that must.
fn expected(parts: &[Part], read: Read) -> String {
    let mut names = Vec::new();
    for (at, part) in parts.iter().enumerate().skip(read.at) {
        names.extend(part.fields.iter().map(|it| it.name));
        if part.required() && !(at == read.at && read.taken > 0) {
            break;
        }
    }
    if names.is_empty() {
        return String::new();
    }
    format!(" List of possible elements expected: '{}' in namespace '{NAMESPACE}'.", names.join(", "))
}

#[cfg(test)]
mod tests;
