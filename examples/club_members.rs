//! Prints `examples/club-members.yaml`: the 2 000 members of a rowing club that does not exist.
//!
//! `cargo run --example club_members > examples/club-members.yaml`
//!
//! The same on every machine and in every year: its dice are seeded, and its own, so that no library's next
//! version throws differently.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

const MEMBERS: usize = 2_000;
const SEED: u64 = 1_847;

const HEAD: &str = "\
# yaml-language-server: $schema=../schemas/roster.schema.json
#
# The members of the Fens Rowing Club, which does not exist. Made by `cargo run --example club_members`.
# Everybody may write to the club's office; who has a key to the boathouse may also report damage there.

version: 1

defaults:
  desks: [MEMBERS]

desks:
  MEMBERS:
    access: open
  BOATHOUSE:
    access: restricted

customers:
";

/// Given names and family names of one alphabet, each with its Latin form for the address.
struct Alphabet {
    /// How many of 100 members write this way.
    share: u64,
    given: &'static [(&'static str, &'static str)],
    family: &'static [(&'static str, &'static str)],
    /// Whether the family name comes first, and what stands between the two.
    family_first: bool,
    between: &'static str,
}

const ALPHABETS: [Alphabet; 7] = [
    Alphabet {
        share: 62,
        given: &[
            ("Ada", "ada"),
            ("Agnès", "agnes"),
            ("Björn", "bjorn"),
            ("Chloé", "chloe"),
            ("Đorđe", "djordje"),
            ("Eleanor", "eleanor"),
            ("Emeka", "emeka"),
            ("Fiona", "fiona"),
            ("Gašper", "gasper"),
            ("Henry", "henry"),
            ("Ingrid", "ingrid"),
            ("Jürgen", "juergen"),
            ("Kwame", "kwame"),
            ("Łucja", "lucja"),
            ("Maeve", "maeve"),
            ("Nguyệt", "nguyet"),
            ("Oisín", "oisin"),
            ("Priya", "priya"),
            ("Quentin", "quentin"),
            ("Søren", "soren"),
            ("Thandiwe", "thandiwe"),
            ("Uğur", "ugur"),
            ("Victoria", "victoria"),
            ("Zoltán", "zoltan"),
        ],
        family: &[
            ("Adeyemi", "adeyemi"),
            ("Ashworth", "ashworth"),
            ("Çelik", "celik"),
            ("Dvořák", "dvorak"),
            ("van der Berg", "vanderberg"),
            ("Fitzgerald", "fitzgerald"),
            ("García Núñez", "garcia.nunez"),
            ("Hallström", "hallstrom"),
            ("Iyer", "iyer"),
            ("Jørgensen", "jorgensen"),
            ("Kowalczyk", "kowalczyk"),
            ("Le Goff", "legoff"),
            ("Mac Giolla", "macgiolla"),
            ("Müller-Lüdenscheid", "mueller-luedenscheid"),
            ("Novák", "novak"),
            ("O'Brien", "obrien"),
            ("Papadaki", "papadaki"),
            ("Šimić", "simic"),
            ("Trần", "tran"),
            ("Wójcik", "wojcik"),
        ],
        family_first: false,
        between: " ",
    },
    Alphabet {
        share: 10,
        given: &[
            ("Анна", "anna"),
            ("Борис", "boris"),
            ("Дарья", "daria"),
            ("Олена", "olena"),
            ("Тарас", "taras"),
            ("Юлия", "yulia"),
        ],
        family: &[
            ("Ковальчук", "kovalchuk"),
            ("Лебедева", "lebedeva"),
            ("Петренко", "petrenko"),
            ("Соколов", "sokolov"),
            ("Шевчук", "shevchuk"),
        ],
        family_first: false,
        between: " ",
    },
    Alphabet {
        share: 7,
        given: &[
            ("Αλέξανδρος", "alexandros"),
            ("Ελένη", "eleni"),
            ("Θεοδώρα", "theodora"),
            ("Νίκος", "nikos"),
        ],
        family: &[
            ("Αγγελόπουλος", "angelopoulos"),
            ("Δημητρίου", "dimitriou"),
            ("Παπαδοπούλου", "papadopoulou"),
        ],
        family_first: false,
        between: " ",
    },
    Alphabet {
        share: 7,
        given: &[
            ("花子", "hanako"),
            ("健太", "kenta"),
            ("さくら", "sakura"),
            ("大輔", "daisuke"),
        ],
        family: &[
            ("山田", "yamada"),
            ("佐藤", "sato"),
            ("鈴木", "suzuki"),
            ("高橋", "takahashi"),
        ],
        family_first: true,
        between: " ",
    },
    Alphabet {
        share: 6,
        given: &[("伟", "wei"), ("秀英", "xiuying"), ("晓明", "xiaoming"), ("丽", "li")],
        family: &[("王", "wang"), ("陈", "chen"), ("欧阳", "ouyang"), ("赵", "zhao")],
        family_first: true,
        between: "",
    },
    Alphabet {
        share: 4,
        given: &[
            ("أحمد", "ahmad"),
            ("ليلى", "layla"),
            ("مريم", "maryam"),
            ("يوسف", "yusuf"),
        ],
        family: &[("الحسن", "alhassan"), ("حداد", "haddad"), ("منصور", "mansour")],
        family_first: false,
        between: " ",
    },
    Alphabet {
        share: 4,
        given: &[("अर्जुन", "arjun"), ("दीपा", "deepa"), ("मीरा", "meera")],
        family: &[("शर्मा", "sharma"), ("पटेल", "patel"), ("गुप्ता", "gupta")],
        family_first: false,
        between: " ",
    },
];

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(roster().as_bytes())
}

/// The whole file.
pub(crate) fn roster() -> String {
    let mut dice = Dice(SEED);
    let mut taken = BTreeSet::new();
    let mut file = HEAD.to_owned();
    for _ in 0..MEMBERS {
        member(&mut dice, &mut taken, &mut file);
    }
    file
}

fn member(dice: &mut Dice, taken: &mut BTreeSet<String>, file: &mut String) {
    let alphabet = dice.alphabet();
    let (given, given_latin) = dice.pick(alphabet.given);
    let (family, family_latin) = dice.pick(alphabet.family);
    let name = if alphabet.family_first {
        [family, alphabet.between, given].concat()
    } else {
        [given, alphabet.between, family].concat()
    };
    let email = address(dice, taken, given_latin, family_latin);
    let has_boathouse_key = dice.percent(10);
    let is_named = !dice.percent(12);
    let line = match (is_named, has_boathouse_key) {
        (false, false) => format!("  - {email}\n"),
        (false, true) => format!("  - email: {email}\n{BOATHOUSE}"),
        (true, false) => format!("  - email: {email}\n    name: {name}\n"),
        (true, true) => format!("  - email: {email}\n    name: {name}\n{BOATHOUSE}"),
    };
    file.push_str(&line);
}

const BOATHOUSE: &str = "    desks: [MEMBERS, BOATHOUSE]\n";

/// Returns an address that no other member has, in any spelling.
fn address(dice: &mut Dice, taken: &mut BTreeSet<String>, given: &str, family: &str) -> String {
    let domain = *dice.pick(&["example.com", "example.org", "example.net"]);
    let initial = &given[..1];
    let plain = match dice.below(3) {
        0 => format!("{given}.{family}"),
        1 => format!("{initial}.{family}"),
        _ => format!("{family}.{given}"),
    };
    let tag = if dice.percent(6) { "+rowing" } else { "" };
    let mut local = format!("{plain}{tag}");
    let mut number = 2;
    while !taken.insert(format!("{local}@{domain}")) {
        local = plain.clone();
        // Writing to a String cannot fail.
        let _ = write!(local, "{number}{tag}");
        number += 1;
    }
    if dice.percent(10) {
        local = capitals(&local);
    }
    format!("{local}@{domain}")
}

/// `ada.iyer` as some people write it: `Ada.Iyer`.
fn capitals(local: &str) -> String {
    let mut after_dot = true;
    let mut written = String::with_capacity(local.len());
    for c in local.chars() {
        written.push(if after_dot { c.to_ascii_uppercase() } else { c });
        after_dot = c == '.';
    }
    written
}

/// `SplitMix64` (Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[(self.below(all.len() as u64)) as usize]
    }

    fn alphabet(&mut self) -> &'static Alphabet {
        let mut throw = self.below(ALPHABETS.iter().map(|alphabet| alphabet.share).sum());
        for alphabet in &ALPHABETS {
            match throw.checked_sub(alphabet.share) {
                Some(rest) => throw = rest,
                None => return alphabet,
            }
        }
        &ALPHABETS[0]
    }
}
