//! `unsafe` stands only where ARCHITECTURE.md says, with its reason. That each block says why it is sound, clippy checks
//! (`undocumented_unsafe_blocks`). Standard library only.

use std::collections::BTreeSet;
use std::{fs, path::Path};

const ROOTS: [&str; 5] = ["src", "tests", "examples", "fuzz/src", "fuzz/fuzz_targets"];
const HEADING: &str = "## Unsafe";

#[test]
fn unsafe_stands_where_the_architecture_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = named(&fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap());
    let mut found = BTreeSet::new();
    let mut folders: Vec<_> = ROOTS.iter().map(|name| root.join(name)).collect();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && is_unsafe(&fs::read_to_string(&path).unwrap())
            {
                found.insert(path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    assert!(found.contains("src/run/cpu/simd.rs"), "what was looked at? {found:?}");
    let unnamed: Vec<_> = found.difference(&named).collect();
    let gone: Vec<_> = named.difference(&found).collect();
    assert!(
        unnamed.is_empty() && gone.is_empty(),
        "not named in ARCHITECTURE.md: {unnamed:?}; no longer unsafe: {gone:?}"
    );
}

/// The files in the first cells of the table under the heading.
fn named(architecture: &str) -> BTreeSet<String> {
    let (_, rest) = architecture.split_once(HEADING).unwrap();
    let section = rest.split("\n## ").next().unwrap_or(rest);
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    cells.flat_map(|cell| cell.split('`')).filter(|word| word.ends_with(".rs")).map(String::from).collect()
}

/// Whether the word stands in code: not in a comment, nor between quotes.
fn is_unsafe(text: &str) -> bool {
    text.lines().any(|line| {
        let code = line.split("//").next().unwrap_or(line);
        let outside = code.split('"').step_by(2);
        outside.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_')).any(|word| word == "unsafe")
    })
}

#[test]
fn the_rule_fires() {
    assert!(is_unsafe("fn f() {}\n    unsafe { g() }"));
    assert!(is_unsafe("let x = \"a\"; unsafe fn f() {}"));
    assert!(!is_unsafe("// unsafe\nconst WORDS: [&str; 2] = [\"const\", \"unsafe\"];\nfn unsafe_code() {}"));
    let text =
        "## Unsafe\n\n| file | why |\n|---|---|\n| `src/a.rs`, `src/b/c.rs` | see `d.rs` |\n\n## Speed\n| `e.rs` | |";
    assert_eq!(named(text), BTreeSet::from(["src/a.rs".to_string(), "src/b/c.rs".to_string()]));
}
