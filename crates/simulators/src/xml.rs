//! Reads XML requests into a tree, as strictly as the .NET services that are simulated here.

use quick_xml::{
    NsReader,
    events::{BytesStart, Event},
    name::ResolveResult,
};

/// The deepest nesting.
const MAX_DEPTH: usize = 12;
/// The most elements.
const MAX_ELEMENTS: usize = 2_000;

/// One element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|it| it.name == name)
    }

    /// The text at a path; empty where there is nothing.
    pub(crate) fn get(&self, path: &[&str]) -> &str {
        let mut at = self;
        for name in path {
            match at.child(name) {
                Some(child) => at = child,
                None => return "",
            }
        }
        at.text.trim()
    }
}

/// Reads a document. The error is what .NET's reader would say, as far as known.
pub(crate) fn parse(body: &[u8]) -> Result<Element, String> {
    let text =
        std::str::from_utf8(body).map_err(|_| "Invalid character in the given encoding.".to_owned())?;
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0_usize;
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| format!("{error}."))?;
        let namespace = match namespace {
            ResolveResult::Bound(it) => it.into_inner().to_owned(),
            ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
        };
        match event {
            Event::Start(start) => {
                count = count.saturating_add(1);
                if open.len() >= MAX_DEPTH || count > MAX_ELEMENTS {
                    return Err("The document is too large.".to_owned());
                }
                open.push(begin(namespace, &start, root.is_some())?);
            }
            Event::Empty(start) => {
                count = count.saturating_add(1);
                let element = begin(namespace, &start, root.is_some())?;
                put(&mut open, &mut root, element);
            }
            Event::End(_) => {
                let Some(element) = open.pop() else { return Err("Unexpected end tag.".to_owned()) };
                put(&mut open, &mut root, element);
            }
            Event::Text(part) => {
                let part = part.into_inner().into_owned();
                add(&mut open, &part)?;
            }
            Event::CData(part) => {
                let part = part.into_inner().into_owned();
                add(&mut open, &part)?;
            }
            Event::GeneralRef(name) => {
                let letter = match name.resolve_char_ref() {
                    Ok(Some(letter)) => letter.to_string(),
                    Ok(None) => entity(&name.into_inner())?.to_owned(),
                    Err(error) => return Err(format!("{error}.")),
                };
                add(&mut open, &letter)?;
            }
            Event::DocType(_) => {
                return Err("For security reasons DTD is prohibited in this XML document.".to_owned());
            }
            Event::Eof if open.is_empty() => {
                return root.ok_or_else(|| "Root element is missing.".to_owned());
            }
            Event::Eof => return Err("Unexpected end of file has occurred.".to_owned()),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
}

fn begin(namespace: String, start: &BytesStart<'_>, rooted: bool) -> Result<Element, String> {
    if rooted {
        return Err("There are multiple root elements.".to_owned());
    }
    let name = start.local_name().into_inner().to_owned();
    Ok(Element { namespace, name, ..Element::default() })
}

fn put(open: &mut [Element], root: &mut Option<Element>, element: Element) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

fn add(open: &mut [Element], part: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(part),
        None if part.trim().is_empty() => {}
        None => return Err("Data at the root level is invalid.".to_owned()),
    }
    Ok(())
}

fn entity(name: &str) -> Result<&'static str, String> {
    match name {
        "amp" => Ok("&"),
        "lt" => Ok("<"),
        "gt" => Ok(">"),
        "quot" => Ok("\""),
        "apos" => Ok("'"),
        _ => Err(format!("Reference to undeclared entity '{name}'.")),
    }
}

/// Writes an element around what is in it; `attributes` begins with a blank where there are any.
pub(crate) fn around(name: &str, attributes: &str, inner: &str) -> String {
    format!("<{name}{attributes}>{inner}</{name}>")
}

#[cfg(test)]
mod tests;
