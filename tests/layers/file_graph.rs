//! Which file of the crate uses which, read from the paths in its code, and which files use each other in a cycle.
//!
//! A path is a dependency on the file that *defines* what it names, through any re-export; a path that only names a
//! module is none, nor is `mod child;`. Tests are left out. Method calls and traits are not seen: no path names them.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Token, paths};

/// Files by module path, such as `sandbox::cloud::routes` (the crate root is empty).
#[derive(Default)]
pub(crate) struct Crate {
    modules: BTreeMap<Vec<String>, Module>,
}

/// The code of one file, without its tests.
#[derive(Default)]
struct Module {
    file: String,
    /// The names it defines.
    items: BTreeSet<String>,
    /// The names its `use` lines import, and from where.
    imports: BTreeMap<String, Vec<String>>,
    /// The modules it imports with `*`.
    globs: Vec<Vec<String>>,
    /// Every path in it.
    paths: Vec<Vec<String>>,
}

/// What a path can name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Item,
}

type Resolved = (Kind, Vec<String>);

impl Crate {
    /// Adds a file (`sandbox/cloud/mod.rs`) with its text.
    pub(crate) fn add(&mut self, file: &str, text: &str) {
        let stem = file.trim_end_matches(".rs");
        let mut module: Vec<String> = stem.split('/').map(str::to_owned).collect();
        if ["mod", "lib"].contains(&module[module.len() - 1].as_str()) {
            module.pop();
        }
        let tokens = Token::all(text);
        let (uses, others) = paths(&tokens);
        let mut read = Module {
            file: file.to_owned(),
            items: Token::items(&tokens),
            ..Module::default()
        };
        for (mut path, name) in uses {
            if name == "*" {
                path.pop();
                read.globs.push(path.clone());
            } else {
                read.imports.insert(name, path.clone());
            }
            read.paths.push(path);
        }
        read.paths.extend(others);
        self.modules.insert(module, read);
    }

    /// Every file and the files it uses.
    pub(crate) fn uses(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut graph = BTreeMap::new();
        for (module, read) in &self.modules {
            let used: &mut BTreeSet<_> = graph.entry(read.file.as_str()).or_default();
            let found = read
                .paths
                .iter()
                .filter_map(|path| self.resolve(module, path, Kind::Item, 0));
            let items = found.filter(|(kind, place)| *kind == Kind::Item && place != module);
            used.extend(items.map(|(_, place)| self.modules[&place].file.as_str()));
            for glob in &read.globs {
                if let Some((_, place)) = self.resolve(module, glob, Kind::Module, 0)
                    && place != *module
                {
                    used.insert(self.modules[&place].file.as_str());
                }
            }
        }
        graph
    }

    /// Paths into this crate that cannot be resolved: a gap in this parser.
    pub(crate) fn lost(&self) -> Vec<String> {
        let mut lost = Vec::new();
        for (module, read) in &self.modules {
            let own = |path: &&Vec<String>| ["crate", "self", "super"].contains(&path[0].as_str());
            for path in read.paths.iter().filter(own) {
                if self.resolve(module, path, Kind::Item, 0).is_none() {
                    lost.push(format!("{}: {}", read.file, path.join("::")));
                }
            }
        }
        lost
    }

    /// Resolves `path` in `module`. Where a module and an item share a name, `last` says which is meant at its end.
    fn resolve(&self, module: &[String], path: &[String], last: Kind, depth: usize) -> Option<Resolved> {
        // `use x::x` can lead back to itself.
        if depth > 12 {
            return None;
        }
        let mut place = module.to_vec();
        for (at, name) in path.iter().enumerate() {
            match name.as_str() {
                "crate" => place.clear(),
                "self" => {}
                "super" => _ = place.pop()?,
                _ => {
                    let wanted = if at + 1 == path.len() { last } else { Kind::Module };
                    match self.look_up(&place, name, wanted, depth + 1)? {
                        (Kind::Module, found) => place = found,
                        item @ (Kind::Item, _) => return Some(item),
                    }
                }
            }
        }
        Some((Kind::Module, place))
    }

    fn look_up(&self, place: &[String], name: &str, wanted: Kind, depth: usize) -> Option<Resolved> {
        let module = self.modules.get(place)?;
        let child = [place, &[name.to_owned()]].concat();
        let child = self.modules.contains_key(&child).then_some((Kind::Module, child));
        let item = module.items.contains(name).then(|| (Kind::Item, place.to_vec()));
        let import = module.imports.get(name);
        let import = import.and_then(|path| self.resolve(place, path, wanted, depth));
        let glob = || {
            let mut globs = module.globs.iter();
            globs.find_map(|path| {
                let (_, from) = self.resolve(place, path, Kind::Module, depth)?;
                (from != place).then(|| self.look_up(&from, name, wanted, depth + 1))?
            })
        };
        let known: Vec<_> = [item, import, child].into_iter().flatten().collect();
        let fits = known.iter().find(|(kind, _)| *kind == wanted);
        fits.or(known.first()).cloned().or_else(glob)
    }
}

/// The groups of files in which each uses every other one, also indirectly.
pub(crate) fn circles(graph: &BTreeMap<&str, BTreeSet<&str>>) -> BTreeSet<BTreeSet<String>> {
    let reached = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<_> = graph.get(from).into_iter().flatten().copied().collect();
        while let Some(file) = next.pop() {
            if seen.insert(file) {
                next.extend(graph.get(file).into_iter().flatten());
            }
        }
        seen
    };
    let reached: BTreeMap<_, _> = graph.keys().map(|file| (*file, reached(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, others) in &reached {
        let back = others
            .iter()
            .filter(|other| reached.get(*other).is_some_and(|back| back.contains(file)));
        let circle: BTreeSet<_> = back.map(|other| (*other).to_owned()).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles
}
