/**
 * docs/sop.md tells the truth: each rule has a home that names it and a proof that names it, and no rule is missing.
 * `node scripts/sop.mjs` writes it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Row {
  id: string;
  /** Files that keep the rule. */
  kept: string[];
  /** Test files and scenarios that prove it. */
  proved: string[];
  /** Whether it stands under *Not proved yet*. */
  open: boolean;
}

interface Sop {
  ROOT: string;
  SOP: string;
  PROMISED: string[];
  ruleIdsIn(text: string): Set<string>;
  idsOf(file: string): Set<string>;
  collect(): { kept: Map<string, string[]>; proved: Map<string, string[]> };
  knownRules(): Record<string, string>;
  openRules(): Record<string, string>;
  rowsOf(markdown: string): Row[];
}

// A script without types of its own; the interface above says what is used of it.
const script = '../../scripts/sop.mjs';
const sop = (await import(script)) as Sop;

const AGAIN = 'write it again: node scripts/sop.mjs';
const file = join(sop.ROOT, sop.SOP);
const rows = existsSync(file) ? sop.rowsOf(readFileSync(file, 'utf8')) : [];
const listed = new Set(rows.map((row) => row.id));
const known = new Set(Object.keys(sop.knownRules()));
const open = sop.openRules();
const { kept, proved } = sop.collect();

/** Expectations about behaviour live in their tests; a source need not name them. */
const needsHome = (id: string) => !id.startsWith('AT-');

/** What is wrong with the files of one column of a row. */
function faults(row: Row, files: string[], missing: string) {
  return files.flatMap((path) => {
    if (!existsSync(join(sop.ROOT, path))) return [`${row.id}: ${path} does not exist`];
    return sop.idsOf(path).has(row.id) ? [] : [`${row.id}: ${path} ${missing}`];
  });
}

describe('the table of rules', () => {
  it('is there', () => {
    expect(rows.length, `${sop.SOP} has no rows; ${AGAIN}`).toBeGreaterThan(0);
  });

  it('lists each rule once, and only rules that docs/rules.yaml knows', () => {
    expect(rows.map((row) => row.id).filter((id, index, all) => all.indexOf(id) !== index)).toEqual([]);
    expect([...listed].filter((id) => !known.has(id))).toEqual([]);
  });

  it('names files that exist and mention the rule', () => {
    expect(
      rows.flatMap((row) => faults(row, row.kept, 'does not mention it')),
      AGAIN,
    ).toEqual([]);
  });

  it('names tests and scenarios that exist and name the rule', () => {
    expect(
      rows.flatMap((row) => faults(row, row.proved, 'does not name it')),
      AGAIN,
    ).toEqual([]);
  });

  it('has every rule that a scenario or the title of a test names', () => {
    const missing = [...proved].filter(([id]) => !rows.some((row) => row.id === id && !row.open));
    expect(
      missing.map(([id, files]) => `${id}, named in ${files.join(', ')}`),
      AGAIN,
    ).toEqual([]);
  });

  it('knows every rule that a source mentions', () => {
    const unknown = [...kept].filter(([id]) => !known.has(id));
    expect(
      unknown.map(([id, files]) => `${id}, mentioned in ${files.join(', ')}`),
      'say in docs/rules.yaml what it asks for',
    ).toEqual([]);
  });

  it('has every rule that is promised', () => {
    expect(
      sop.PROMISED.filter((id) => !listed.has(id)),
      AGAIN,
    ).toEqual([]);
  });

  it('has a proof for every rule', () => {
    expect(
      [...listed].filter((id) => !proved.has(id) && !(id in open)),
      'name the rule in the title of the test or in the rules of the scenario that proves it, or say why not in docs/rules-open.yaml',
    ).toEqual([]);
  });

  it('has a home for every rule', () => {
    expect(
      [...listed].filter((id) => needsHome(id) && !kept.has(id) && !(id in open)),
      'name the rule where it is kept, or say why not in docs/rules-open.yaml',
    ).toEqual([]);
  });
});

describe('the list of open rules', () => {
  it('holds known rules with a reason, and none that is kept and proved', () => {
    const wrong = Object.entries(open).flatMap(([id, reason]) => {
      if (!known.has(id)) return [`${id} is not in docs/rules.yaml`];
      if (typeof reason !== 'string' || reason.trim() === '') return [`${id} has no reason`];
      if (proved.has(id) && (kept.has(id) || !needsHome(id))) return [`${id} is kept and proved: remove it`];
      return [];
    });
    expect(wrong).toEqual([]);
  });

  // Printed with their reasons, and counted, at the end of every run.
  it.for(Object.entries(open))('%s', ([, reason], { skip }) => skip(reason));
});

describe('how rules are read', () => {
  it('spells out ranges and lists', () => {
    const ids = (text: string) => [...sop.ruleIdsIn(text)].join(' ');
    expect(ids('CMP-04..06, ESC-04/07')).toBe('CMP-04 CMP-05 CMP-06 ESC-04 ESC-07');
    expect(ids('D11..D13 W1–W2 AT-13..AT-15')).toBe('D11 D12 D13 W1 W2 AT-13 AT-14 AT-15');
  });

  it('takes nothing else for a rule', () => {
    expect([...sop.ruleIdsIn('SHA-256 UTF-16 W3C D365 XW12 W1-W40 GB-18030 AT-5')]).toEqual([]);
  });
});
