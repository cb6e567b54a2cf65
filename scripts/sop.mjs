/**
 * Writes docs/sop.md: every rule of the service manual, where it is kept and what proves it. Collected from the rule
 * ids in sources, in the `rules` of scenarios and in the titles of tests. `node scripts/sop.mjs`
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { parse } from 'yaml';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
export const SOP = 'docs/sop.md';

/** Rooms whose files can keep a rule, what decides first. */
const HOMES = [
  'workflows',
  'domain',
  'policy',
  'activities',
  'documents',
  'adapters',
  'client',
  'runtime',
  'worker',
  'audit',
];
const HOME_FILES = ['.ts', '.yaml', '.json'];
/** More files than this that mention a rule are counted, not listed. */
const LISTED = 4;

const GROUPS = [
  ['CMP', 'Complaints'],
  ['ESC', 'Escalation and time limits'],
  ['PRB', 'Problems'],
  ['HOT', 'Hotline'],
  ['CRM', 'Records'],
  ['PRV', 'Privacy'],
  ['REG', 'The regulator'],
  ['D', 'Decisions where the manual is silent or contradicts itself'],
  ['W', 'How it works in a real department'],
  ['AT', 'What users of such systems suffered from elsewhere'],
  ['ISS', 'Issuance'],
  ['ONS', 'On-site service'],
  ['FUP', 'Follow-up'],
  ['QST', 'Questionnaire'],
  ['ANA', 'Analysis'],
  ['RPT', 'Reports'],
  ['EVA', 'Effect'],
  ['MON', 'Monitoring'],
  ['FBK', 'Feedback'],
  ['KNO', 'Knowledge'],
  ['ARC', 'Archive'],
  ['SYS', 'System failure'],
  ['STD', 'Standards'],
  ['CARE', 'Care'],
  ['IMP', 'Improvement'],
  ['APR', 'Appraisal'],
  ['KPI', 'Figures'],
  ['INC', 'Incentives'],
  ['TRN', 'Training'],
  ['ROS', 'Roster'],
];
const PREFIXES = GROUPS.map(([prefix]) => prefix);

// `CMP-04`, `CMP-04..07`, `CMP-04/07`, `AT-13..AT-22`; `W1`, `D11..D17`, `W31–W37`. With a hyphen, as in a section's title
// from its first to its last rule, none of them is meant.
const ID = new RegExp(
  `\\b(${PREFIXES.join('|')})(?<=[A-Z]{2})-(\\d{2})(?!\\d)((?:(?:\\.\\.|–|/)(?:\\1-)?\\d{2}(?!\\d))*)` +
    `|(?<![\\w-])([DW])(\\d{1,2})\\b(?!-)((?:(?:\\.\\.|–)\\4?\\d{1,2}\\b)?)`,
  'g',
);

/** Every rule id in a text, ranges spelled out. */
export function ruleIdsIn(text) {
  const ids = new Set();
  for (const [, prefix, first, more, letter, number, end] of text.matchAll(ID)) {
    const name = prefix ? (n) => `${prefix}-${String(n).padStart(2, '0')}` : (n) => `${letter}${n}`;
    let last = Number(first ?? number);
    ids.add(name(last));
    for (const [, sign, digits] of (more ?? end ?? '').matchAll(/(\.\.|–|\/)\D*(\d+)/g)) {
      const next = Number(digits);
      for (let n = sign === '/' ? next : last + 1; n <= next; n += 1) ids.add(name(n));
      last = next;
    }
  }
  return ids;
}

/** What the product promises to keep by now. */
export const PROMISED = [
  ...ruleIdsIn(
    `CMP-01..23 ESC-01..07 ESC-10..14 PRB-02/03 HOT-06/07/12/14/16/18 CRM-01..05 PRV-01/02/04 REG-07/09
     D11..D17 D23 D24 W1..W16 W31..W37 W40 AT-05..AT-31`,
  ),
];

function filesUnder(folder, extensions) {
  const path = join(ROOT, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && extensions.includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}

const read = (file) => readFileSync(join(ROOT, file), 'utf8');

/** Rule ids in the titles of the tests of a file; what is skipped for good proves nothing. */
function idsInTitles(file) {
  const ids = new Set();
  const root = (node) =>
    ts.isPropertyAccessExpression(node) || ts.isCallExpression(node) ? root(node.expression) : node;
  const visit = (node) => {
    if (ts.isCallExpression(node)) {
      const callee = node.expression.getText();
      if (/^(describe|it|test)\b/.test(root(node.expression).getText())) {
        if (/\.(skip|todo)\b/.test(callee)) return;
        const title = node.arguments[0];
        // In a template only what is written out names a rule.
        if (title && (ts.isStringLiteralLike(title) || ts.isTemplateExpression(title))) {
          for (const id of ruleIdsIn(title.getText())) ids.add(id);
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
  return ids;
}

/** Rule ids in the `rules` of a scenario. */
function idsInScenario(file) {
  // Merge keys and anchors are used in scenarios.
  const scenario = parse(read(file), { merge: true, logLevel: 'silent' });
  return ruleIdsIn([scenario?.rules ?? []].flat().join(' '));
}

/** The rule ids that a test file or a scenario names; those of a source are what it mentions. */
export function idsOf(file) {
  if (file.startsWith('examples/scenarios/')) return idsInScenario(file);
  if (file.startsWith('tests/')) return idsInTitles(file);
  return ruleIdsIn(read(file));
}

/**
 * @returns two maps from rule id to the files that keep and prove it
 */
export function collect() {
  const kept = new Map();
  const proved = new Map();
  const into = (map, files) => {
    for (const file of files) {
      for (const id of idsOf(file)) map.set(id, [...(map.get(id) ?? []), file]);
    }
  };
  into(
    kept,
    HOMES.flatMap((home) => filesUnder(home, HOME_FILES)),
  );
  const scenarios = filesUnder('examples/scenarios', ['.yaml', '.yml']).filter((file) =>
    /^schema: aftercare\.scenario\//m.test(read(file)),
  );
  // All of tests/: the suites of the ports are shared by several test files.
  into(proved, [...scenarios, ...filesUnder('tests', ['.ts'])]);
  return { kept, proved };
}

/** Rule id → one line. */
export const knownRules = () => parse(read('docs/rules.yaml')) ?? {};
/** Rule id → why nothing proves it yet. */
export const openRules = () => parse(read('docs/rules-open.yaml')) ?? {};

/** Rows of the tables of docs/sop.md; those not proved have no `proved`. */
export function rowsOf(markdown) {
  const rows = [];
  let open = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('#')) open = line.includes('Not proved yet');
    const cells = /^\| (.+) \|$/.exec(line)?.[1].split(' | ');
    if (!cells || cells[0] === 'rule' || /^-+$/.test(cells[0])) continue;
    const linked = (cell) => [...(cell ?? '').matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file]) => file);
    rows.push({ id: cells[0], kept: linked(cells[2]), proved: open ? [] : linked(cells[3]), open });
  }
  return rows;
}

function order(a, b) {
  const key = (id) => [PREFIXES.indexOf(/^[A-Z]+/.exec(id)[0]), Number(/\d+$/.exec(id)[0])];
  const [[groupA, numberA], [groupB, numberB]] = [key(a), key(b)];
  return groupA - groupB || numberA - numberB;
}

function render() {
  const { kept, proved } = collect();
  const known = knownRules();
  const open = openRules();
  const ids = [...new Set([...Object.keys(known), ...kept.keys(), ...proved.keys()])].sort(order);
  const link = (file) => `[${file.replace(/^examples\/scenarios\//, '')}](../${file})`;
  const files = (list = [], most = Infinity) => {
    const more = list.length > most ? [`and ${list.length - most} more`] : [];
    return [...list.slice(0, most).map(link), ...more].join(', ') || '–';
  };
  const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
  const what = (id) => cell(known[id] ?? 'not in docs/rules.yaml');
  const table = (last, rows) => [
    `| rule | what | kept in | ${last} |`,
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ];
  const lines = [
    '# Rules: where each is kept and what proves it',
    '',
    'Written by `node scripts/sop.mjs` from the sources, the scenarios under `examples/scenarios/` and the titles of the',
    'tests; checked by `npm test -- docs`. The lines themselves are in `docs/rules.yaml`.',
    '',
  ];
  for (const [prefix, title] of GROUPS) {
    const rows = ids
      .filter((id) => /^[A-Z]+/.exec(id)[0] === prefix && proved.has(id))
      .map((id) => `| ${id} | ${what(id)} | ${files(kept.get(id), LISTED)} | ${files(proved.get(id))} |`);
    if (rows.length > 0) lines.push(`## ${title}`, '', ...table('proved by', rows));
  }
  const unproved = ids.filter((id) => !proved.has(id));
  if (unproved.length > 0) {
    const rows = unproved.map(
      (id) =>
        `| ${id} | ${what(id)} | ${files(kept.get(id), LISTED)} | ${cell(open[id] ?? 'no reason given')} |`,
    );
    lines.push('## Not proved yet', '', ...table('why', rows));
  }
  writeFileSync(join(ROOT, SOP), lines.join('\n'));
  return { rules: ids.length, unproved: unproved.length };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { rules, unproved } = render();
  process.stderr.write(`${SOP}: ${rules} rules, ${unproved} not proved yet\n`);
}
