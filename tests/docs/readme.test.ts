/** What the documents name exists: links, paths, commands with their flags, npm scripts, settings, templates. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../adapters/texts.js';
import { parseLine } from '../../client/cli/flags.js';
import { ENTRIES } from '../../client/cli/registry.js';
import { COMPLAINT_TASKS, OUTCOMES } from '../../domain/complaint.js';
import { SETTING_NAMES } from '../../runtime/config.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const markdown = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));
const DOCUMENTS = ['README.md', 'tests/replay/README.md', ...markdown].sort();
/** Written by a program and checked on its own. */
const WRITTEN = DOCUMENTS.filter((path) => path !== 'docs/sop.md');

const manifest = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const TOP = readdirSync(ROOT).filter(
  (name) => !['node_modules', 'dist', '.git', '.aftercare'].includes(name),
);

/** Lines in code blocks and spans; a line that ends in a backslash goes on in the next. */
function code(text: string): string[] {
  const joined = text.replace(/\\\n\s*/g, '');
  const blocks = [...joined.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].flatMap((match) => match[1]!.split('\n'));
  const spans = [...joined.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`]+)`/g)].map(
    (match) => match[1]!,
  );
  return [...blocks, ...spans];
}

/** The words of a shell line, without its comment. */
function words(line: string): string[] {
  const found = line.replace(/\s+#.*$/, '').match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
  return found.map((word) => word.replaceAll('"', ''));
}

/** What is typed after `aftercare`, wherever a document shows a command. */
function commands(path: string): string[][] {
  return code(read(path)).flatMap((line) => {
    const typed = /^(?:\$ )?(?:npx|docker compose exec worker) aftercare (.+)$/.exec(line.trim())?.[1];
    return typed === undefined ? [] : [words(typed.replace(/ …$/, ''))];
  });
}

describe.each(DOCUMENTS)('%s', (path) => {
  it('links to what exists', () => {
    const targets = [...read(path).matchAll(/\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
      (match) => match[1]!,
    );
    const missing = targets.filter((target) => !existsSync(join(ROOT, dirname(path), target)));
    expect(missing).toEqual([]);
  });
});

describe.each(WRITTEN)('%s', (path) => {
  it('names files that exist', () => {
    const named = code(read(path))
      .flatMap((line) => line.match(/[\w.-]+(?:\/[\w.*-]+)*\/?/g) ?? [])
      .filter((word) => word.includes('/') && TOP.includes(word.split('/')[0]!) && !word.includes('*'));
    const made = /^(exports|tests\/replay\/histories)\b/;
    expect(named.filter((word) => !made.test(word) && !existsSync(join(ROOT, word)))).toEqual([]);
  });

  it('names commands and flags that exist', async () => {
    const wrong: string[] = [];
    for (const argv of commands(path)) {
      const name = argv.slice(0, 2).join(' ');
      const entry =
        ENTRIES.find((each) => each.name === name) ?? ENTRIES.find((each) => each.name === argv[0]);
      if (entry === undefined) {
        if (!argv[0]!.startsWith('--')) wrong.push(`${argv.join(' ')}: no such command`);
        continue;
      }
      const flags = argv.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]!);
      const printed = await parseLine({
        argv: [...entry.name.split(' '), '--help'],
        entries: ENTRIES,
        version: '0',
        color: false,
      });
      const help = printed.kind === 'print' ? printed.text : '';
      for (const flag of flags)
        if (!new RegExp(`(^|\\s)${flag}(\\s|$)`, 'm').test(help)) wrong.push(`${entry.name}: no ${flag}`);
    }
    expect(wrong).toEqual([]);
  });

  it('names npm scripts and settings that exist', () => {
    const text = read(path);
    const scripts = [...text.matchAll(/\bnpm (?:run (\w+)|(start|test)\b)/g)].map(
      (match) => match[1] ?? match[2]!,
    );
    expect(scripts.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
    const settings = text.match(/\bAFTERCARE_[A-Z_]*[A-Z]\b/g) ?? [];
    expect(settings.filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
  });
});

describe('docs/runbook.md', () => {
  it('explains every setting', () => {
    expect(SETTING_NAMES.filter((name) => !read('docs/runbook.md').includes(`\`${name}\``))).toEqual([]);
  });
});

describe('docs/process-complaint.md', () => {
  const text = read('docs/process-complaint.md');
  const cells = (pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]!);

  it('names each task and each ending of a complaint', () => {
    const tasks = Object.keys(COMPLAINT_TASKS);
    expect([...tasks, ...OUTCOMES].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('lists the templates that exist, and every one for customers and units', async () => {
    const { all } = await loadTemplates(join(ROOT, 'policy', 'templates'));
    const keys = new Set(all.map((template) => template.key));
    const listed = cells(/^\| `((?:mail\.)?(?:cmp|staff)\.\w+(?:\.\w+)*)`/gm);
    expect(listed.filter((key) => !keys.has(key))).toEqual([]);
    expect([...keys].filter((key) => /^(mail\.)?cmp\./.test(key) && !listed.includes(key))).toEqual([]);
  });

  it('gives each task the limit that the manual gives it', () => {
    const rows = [...text.matchAll(/^\| `(\w+)` +\|[^|]*\| *(?:`(\w+)`)?/gm)];
    const given = new Map(rows.map((match) => [match[1]!, match[2]] as const));
    for (const { name, clock } of Object.values(COMPLAINT_TASKS)) {
      const limit = given.get(name);
      if (limit !== undefined) expect(limit, name).toBe(clock);
    }
  });

  it('names entries of the policy that exist', () => {
    const policy = parse(read('policy/default.yaml')) as Record<string, unknown>;
    const named = cells(/`((?:complaint|clocks|messages|overdue|reminders|pauses)(?:\.\w+)+)`/g);
    const there = (path: string) =>
      path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], policy);
    expect(named.filter((path) => there(path) === undefined)).toEqual([]);
  });
});

it('the decisions are numbered without a gap', () => {
  const names = markdown.map((path) => relative('docs/adr', path)).filter((name) => /^\d{4}-/.test(name));
  expect(names.sort().map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
});
