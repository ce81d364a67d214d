//! A small tree of an XML answer. No DTD, no entities but the five, bounded in depth and size.

use quick_xml::{Reader, events::Event};

use crate::ProviderError;

/// How deep elements may nest.
pub(super) const MAX_DEPTH: usize = 16;
/// How many elements there may be.
pub(super) const MAX_ELEMENTS: usize = 200_000;

/// An element without its namespace.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The one child of that name; two of them make no sense.
    pub(super) fn child(&self, name: &str) -> Result<Option<&Self>, ProviderError> {
        let mut found = self.children.iter().filter(|it| it.name.eq_ignore_ascii_case(name));
        let first = found.next();
        if found.next().is_some() {
            return Err(ProviderError::nonsense(&format!("{name} is there twice")));
        }
        Ok(first)
    }

    /// The trimmed text of a child; none where it is absent or empty. Reporting pads its columns (§3.14).
    pub(super) fn value(&self, name: &str) -> Result<Option<&str>, ProviderError> {
        Ok(self.child(name)?.map(|it| it.text.trim()).filter(|text| !text.is_empty()))
    }
}

/// Reads a whole document.
pub(super) fn read(bytes: &[u8]) -> Result<Element, ProviderError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ProviderError::nonsense("the answer is not UTF-8"))?;
    let broken = || ProviderError::nonsense("the answer is no whole XML document");
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    let mut count = 0_usize;
    loop {
        match reader.read_event().map_err(|_| broken())? {
            Event::Start(start) => {
                count = count.saturating_add(1);
                if open.len() >= MAX_DEPTH || count > MAX_ELEMENTS || root.is_some() {
                    return Err(broken());
                }
                open.push(named(start.local_name().as_ref()));
            }
            Event::Empty(empty) => {
                count = count.saturating_add(1);
                let element = named(empty.local_name().as_ref());
                close(element, &mut open, &mut root, count).ok_or_else(broken)?;
            }
            Event::End(_) => {
                let element = open.pop().ok_or_else(broken)?;
                close(element, &mut open, &mut root, count).ok_or_else(broken)?;
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                match open.last_mut() {
                    Some(element) => element.text.push_str(&text),
                    None if text.trim().is_empty() => {}
                    None => return Err(broken()),
                }
            }
            Event::CData(data) => {
                open.last_mut().ok_or_else(broken)?.text.push_str(&data.xml10_content());
            }
            Event::GeneralRef(entity) => {
                let letter = resolve(&entity).ok_or_else(broken)?;
                open.last_mut().ok_or_else(broken)?.text.push(letter);
            }
            Event::DocType(_) => return Err(ProviderError::nonsense("the answer has a document type")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return Err(broken());
    }
    root.ok_or_else(broken)
}

fn named(name: &str) -> Element {
    Element { name: name.to_owned(), ..Element::default() }
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>, count: usize) -> Option<()> {
    if count > MAX_ELEMENTS {
        return None;
    }
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return None,
    }
    Some(())
}

/// The five entities that XML knows by itself, and numbered letters.
fn resolve(entity: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Some(letter) = entity.resolve_char_ref().ok()? {
        return Some(letter);
    }
    match entity.as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
