import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PayloadCodec } from '@temporalio/common';
import type { TurnRow } from '../adapters/ports.js';
import { DeskError, EXIT } from '../client/api.js';
import { checkFile, wholeFile, type Fault, type FaultKind, type OpenedFile } from './chain.js';
import { policiesOf, recordedTurns } from './findings.js';
import {
  eventName,
  isHistory,
  missingRuns,
  summarise,
  type EventJson,
  type HistoryJson,
} from './histories.js';
import {
  entriesOf,
  EXPORT_SCHEMA,
  keyIdOf,
  listNameOf,
  LISTS,
  MANIFEST,
  sameHash,
  seal,
  type Manifest,
  type PolicyRecord,
  type RunEntry,
} from './manifest.js';
import { canonicalJson, parseRecords, sha256 } from './records.js';

/**
 * Checks an export without server or ledger and names what is wrong with it, record by record (AT-49).
 *
 * Three nets, each catching what the one before lets through: the manifest's chains, files and root; the histories
 * themselves (numbering, endings, links between runs); and the other files against the histories (turn digests,
 * policy). A forger who rewrites every file and the manifest consistently is caught only by the root noted elsewhere
 * or, without noting anything, by a key.
 */

export interface VerifyReport {
  ok: boolean;
  dir: string;
  case: string | null;
  exportedAt: string | null;
  /** Root as computed from the manifest found; to be compared with the one noted when exporting. */
  root: string | null;
  /** `valid` and `invalid` only when a key was given. */
  seal: 'valid' | 'invalid' | 'notChecked' | 'none';
  counts: { files: number; runs: number; events: number; facts: number; turns: number };
  faults: Fault[];
  /** What this check could not prove, in sentences. */
  notes: string[];
}

export interface VerifyOptions {
  /** Content of the key file the export was sealed with. */
  key?: Uint8Array;
  /** For cases that ran with a payload codec. */
  codec?: PayloadCodec;
}

/** Verifies an export folder. @throws DeskError `audit.noExport` when there is no manifest to go by */
export async function verifyExport(dir: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const faults: Fault[] = [];
  const notes: string[] = [];
  const found = parseManifest(await readManifest(dir));
  if (typeof found === 'string') {
    const fault: Fault = {
      kind: 'manifest',
      file: MANIFEST,
      index: null,
      id: null,
      what: null,
      detail: found,
    };
    return {
      ok: false,
      dir,
      case: null,
      exportedAt: null,
      root: null,
      seal: options.key ? 'invalid' : 'notChecked',
      counts: { files: 0, runs: 0, events: 0, facts: 0, turns: 0 },
      faults: [fault],
      notes,
    };
  }
  const manifest = found;
  const { root, state } = checkSeal(manifest, options.key, faults, notes);

  const files = new Map<string, OpenedFile>();
  const present = (await readdir(dir)).filter((name) => name !== MANIFEST).sort();
  for (const name of present) {
    const entry = manifest.files[name];
    if (!entry) {
      faults.push(wholeFile('added', name, `${name} does not belong to the export`));
      continue;
    }
    const text = await readFile(join(dir, name), 'utf8');
    const parsed = parseRecords(text, listNameOf(name));
    const file: OpenedFile = {
      ...parsed,
      name,
      sha256: sha256(text),
      entries: entriesOf(name, parsed.records),
    };
    files.set(name, file);
    faults.push(...checkFile(manifest.case, file, entry));
  }
  for (const name of expectedFiles(manifest)) {
    if (!files.has(name)) faults.push(wholeFile('missing', name, `${name} is missing`));
  }

  const histories = new Map<string, HistoryJson>();
  for (const run of manifest.runs) {
    const file = files.get(run.file);
    if (!file) continue;
    const history = { events: file.records };
    if (!isHistory(history)) {
      faults.push(wholeFile('edited', run.file, `${run.file} holds no readable history`));
      continue;
    }
    histories.set(run.runId, history);
    // A file whose records already differ from its chain has been told of record by record.
    if (!faults.some((fault) => fault.file === run.file && fault.id !== null)) {
      faults.push(...checkHistory(manifest, run, history));
    }
  }
  faults.push(...checkLinks(manifest, histories));
  const whole = histories.size === manifest.runs.length;
  if (whole && files.has('turns.json')) {
    faults.push(...(await checkTurns(manifest, histories, files.get('turns.json')!, notes, options.codec)));
  }
  if (whole && files.has('policy.json')) {
    faults.push(...(await checkPolicy(manifest, histories, files.get('policy.json')!, options.codec)));
  }
  for (const runId of manifest.missingRuns) {
    notes.push(
      `The server no longer had run ${runId} when this was exported: its part of the story is not proven.`,
    );
  }
  notes.push(...gapsIn(files.get('timeline.json')));

  const count = (name: string): number => files.get(name)?.records.length ?? 0;
  const unique = withoutRepeats(faults);
  return {
    ok: unique.length === 0,
    dir,
    case: manifest.case,
    exportedAt: manifest.exportedAt,
    root,
    seal: state,
    counts: {
      files: files.size,
      runs: histories.size,
      events: [...histories.values()].reduce((sum, history) => sum + history.events.length, 0),
      facts: count('timeline.json'),
      turns: count('turns.json'),
    },
    faults: unique,
    notes,
  };
}

// ---------------------------------------------------------------- manifest and seal

async function readManifest(dir: string): Promise<string> {
  try {
    return await readFile(join(dir, MANIFEST), 'utf8');
  } catch (error) {
    throw new DeskError('audit.noExport', `${dir} holds no ${MANIFEST}: without it nothing can be verified`, {
      exit: EXIT.notFound,
      remedy: 'Name the folder that `aftercare audit export` wrote.',
      cause: error,
    });
  }
}

/** The manifest, or what keeps it from being one. A forged manifest must be reported, never crash the check. */
function parseManifest(text: string): Manifest | string {
  let json: Manifest;
  try {
    json = JSON.parse(text) as Manifest;
  } catch (error) {
    return `${MANIFEST} is not JSON any more: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (json?.schema !== EXPORT_SCHEMA) return `${MANIFEST} is not of schema ${EXPORT_SCHEMA}`;
  const strings = (values: unknown): boolean =>
    Array.isArray(values) && values.every((value) => typeof value === 'string');
  const sound =
    typeof json.case === 'string' &&
    typeof json.exportedAt === 'string' &&
    strings(json.missingRuns) &&
    Array.isArray(json.runs) &&
    json.runs.every((run) => typeof run?.file === 'string' && typeof run.runId === 'string') &&
    typeof json.seal?.root === 'string' &&
    typeof json.files === 'object' &&
    json.files !== null &&
    Object.values(json.files).every(
      (file) =>
        typeof file?.sha256 === 'string' &&
        Array.isArray(file.chain) &&
        file.chain.every((each) => strings(each) && each.length === 3),
    );
  return sound ? json : `${MANIFEST} has lost parts that every export has`;
}

function checkSeal(
  manifest: Manifest,
  key: Uint8Array | undefined,
  faults: Fault[],
  notes: string[],
): { root: string; state: VerifyReport['seal'] } {
  const { seal: stated, ...content } = manifest;
  const actual = seal(content, key);
  const fault = (detail: string): void => {
    faults.push({ kind: 'manifest', file: MANIFEST, index: null, id: null, what: null, detail });
  };
  if (!sameHash(actual.root, stated.root)) {
    fault(`${MANIFEST} was edited: its content no longer has the root it states`);
  }
  const caution =
    'A forger who rewrites every file and the manifest consistently is not caught by this check: ' +
    'compare the root with the one noted when the case was exported';
  if (!key) {
    notes.push(stated.mac ? `${caution}, or give the key it was sealed with.` : `${caution}.`);
    return { root: actual.root, state: stated.mac ? 'notChecked' : 'none' };
  }
  if (typeof stated.mac !== 'string') {
    fault('The manifest bears no keyed seal though a key was given: exported without the key, or forged');
    return { root: actual.root, state: 'invalid' };
  }
  if (sameHash(actual.mac!, stated.mac)) return { root: actual.root, state: 'valid' };
  fault(
    stated.keyId === keyIdOf(key)
      ? 'The keyed seal does not fit the manifest: it was changed or forged by somebody without the key'
      : `The manifest names key ${stated.keyId}, the key given is ${keyIdOf(key)}: another key, or forged`,
  );
  return { root: actual.root, state: 'invalid' };
}

/** Every export has these, whatever its manifest says. */
function expectedFiles(manifest: Manifest): string[] {
  return [
    ...new Set([
      ...Object.keys(manifest.files),
      ...Object.keys(LISTS),
      ...manifest.runs.map((run) => run.file),
    ]),
  ].sort();
}

// ---------------------------------------------------------------- the histories by themselves

function checkHistory(manifest: Manifest, run: RunEntry, history: HistoryJson): Fault[] {
  const faults: Fault[] = [];
  const add = (
    kind: FaultKind,
    event: EventJson | undefined,
    index: number | null,
    id: string,
    detail: string,
  ): void => {
    const what = event ? eventName(event.eventType) : null;
    faults.push({ kind, file: run.file, index, id, what, detail: `${run.file}: ${detail}` });
  };
  const { events } = history;
  // The server numbers events from 1 without gaps: a deletion shows even when the manifest was forged along.
  let expected = 1;
  events.forEach((event, index) => {
    const id = Number(event.eventId);
    if (id > expected) {
      const gap = id - expected > 1 ? `events ${expected} to ${id - 1} are` : `event ${expected} is`;
      add('missing', undefined, index + 1, String(expected), `${gap} missing before event ${event.eventId}`);
    } else if (id !== expected) {
      const after = events[index - 1]?.eventId ?? 'nothing';
      add('reordered', event, index + 1, event.eventId, `event ${event.eventId} stands after event ${after}`);
    }
    expected = Number.isSafeInteger(id) ? id + 1 : expected + 1;
  });

  const summary = summarise(history);
  if (summary.workflowId !== '' && summary.workflowId !== manifest.case) {
    add(
      'mismatch',
      events[0],
      1,
      '1',
      `the history is of case ${summary.workflowId}, the export of ${manifest.case}`,
    );
  }
  if (run.endedBy !== null && summary.endedBy === null) {
    const end = events.at(-1)!;
    add(
      'truncated',
      end,
      events.length,
      end.eventId,
      `ends after event ${end.eventId}; the run's end is cut off`,
    );
  }
  if (run.endedBy === null && summary.endedBy !== null) {
    const end = events.at(-1)!;
    add(
      'mismatch',
      end,
      events.length,
      end.eventId,
      `event ${end.eventId} ends a run the manifest calls open`,
    );
  }
  return faults;
}

/** Runs name their neighbours: a run taken out of an export is missed by the others. */
function checkLinks(manifest: Manifest, histories: Map<string, HistoryJson>): Fault[] {
  const told = new Set([...manifest.missingRuns, ...manifest.runs.map((run) => run.runId)]);
  const runs = [...histories].map(([runId, history]) => ({ runId, ...summarise(history) }));
  return missingRuns(runs)
    .filter((runId) => !told.has(runId))
    .map((runId) => {
      const teller = runs.find((run) => run.successor === runId || run.ancestor?.runId === runId);
      const file = manifest.runs.find((run) => run.runId === teller?.runId)?.file ?? MANIFEST;
      return wholeFile('missing', file, `the history of run ${runId}, which ${file} names, is missing`);
    });
}

// ---------------------------------------------------------------- the ledger's files against the histories

async function checkTurns(
  manifest: Manifest,
  histories: Map<string, HistoryJson>,
  file: OpenedFile,
  notes: string[],
  codec: PayloadCodec | undefined,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  const rows = file.records.filter(isTurnRow);
  const running = manifest.runs.some((run) => run.endedBy === null);
  let unread = 0;

  for (const run of manifest.runs) {
    const written = await recordedTurns(histories.get(run.runId)!, codec);
    const kept = rows.filter((row) => row.runId === run.runId).sort((a, b) => a.turn - b.turn);
    for (const [index, turn] of written.entries()) {
      const row = kept[index];
      const event = `event ${turn.eventId} of ${run.file}`;
      const fault = (kind: FaultKind, detail: string): void => {
        faults.push({
          kind,
          file: 'turns.json',
          index: row ? file.records.indexOf(row) + 1 : null,
          id: row ? `${row.runId}/${row.turn}` : null,
          what: 'turn',
          detail: `turns.json: ${detail}`,
        });
      };
      if (!row) {
        // The ledger was read before the history of a case that went on meanwhile.
        if (running) break;
        fault('missing', `the ledger has no turn for what ${event} recorded`);
        continue;
      }
      if (turn.turn !== null && turn.turn !== row.turn) {
        fault(
          'mismatch',
          `${event} recorded turn ${turn.turn}, the ledger has turn ${row.turn} in its place`,
        );
        break;
      }
      if (turn.digest === null) unread++;
      else if (turn.digest !== row.digest) {
        fault(
          'mismatch',
          `turn ${row.turn} of the ledger has digest ${short(row.digest)}, ${event} recorded ${short(turn.digest)}`,
        );
      }
    }
    // A turn may be saved by a run that is stopped before its history says so, once; an open run may be ahead.
    const allowed = run.endedBy === null || run.endedBy === 'WorkflowExecutionTerminated' ? 1 : 0;
    for (const row of kept.slice(written.length + allowed)) {
      const detail = `turns.json: turn ${row.turn} stands in the ledger, ${run.file} never recorded it`;
      const id = `${row.runId}/${row.turn}`;
      faults.push({
        kind: 'added',
        file: 'turns.json',
        index: file.records.indexOf(row) + 1,
        id,
        what: 'turn',
        detail,
      });
    }
  }
  const runs = new Set(manifest.runs.map((run) => run.runId));
  for (const runId of new Set(rows.map((row) => row.runId))) {
    if (runs.has(runId) || manifest.missingRuns.includes(runId)) continue;
    faults.push(
      wholeFile(
        'missing',
        'turns.json',
        `turns.json: run ${runId} wrote into the ledger, its history is missing`,
      ),
    );
  }
  if (unread > 0)
    notes.push(`${unread} turn digests in history cannot be read here: give the payload codec.`);
  return faults;
}

function isTurnRow(value: unknown): value is TurnRow {
  const row = value as Partial<TurnRow> | null;
  return typeof row?.runId === 'string' && typeof row.turn === 'number' && typeof row.digest === 'string';
}

async function checkPolicy(
  manifest: Manifest,
  histories: Map<string, HistoryJson>,
  file: OpenedFile,
  codec: PayloadCodec | undefined,
): Promise<Fault[]> {
  const runs = manifest.runs.map(({ runId }) => ({ runId, history: histories.get(runId)! }));
  const ran = await policiesOf(runs, codec);
  const stated = new Map(file.entries.map((entry, index) => [entry.id, { entry, index }]));
  const fileOf = (record: PolicyRecord): string =>
    manifest.runs.find((run) => run.runId === record.runId)?.file ?? record.runId;
  return ran.flatMap((record): Fault[] => {
    const id = `${record.runId}/${record.eventId}`;
    const found = stated.get(id);
    const where = `event ${record.eventId} of ${fileOf(record)}`;
    if (found && canonicalJson(found.entry.value) === canonicalJson(record)) return [];
    return [
      {
        kind: found ? 'mismatch' : 'missing',
        file: 'policy.json',
        index: found ? found.index + 1 : null,
        id,
        what: record.via,
        detail: found
          ? `policy.json: the rules from ${where} on are not those the case ran by`
          : `policy.json: the rules from ${where} on are missing`,
      },
    ];
  });
}

function gapsIn(timeline: OpenedFile | undefined): string[] {
  const numbers = (timeline?.entries ?? []).map((entry) => Number(entry.id)).sort((a, b) => a - b);
  const gaps = numbers.flatMap((number, index) => {
    const before = numbers[index - 1];
    return before !== undefined && number > before + 1
      ? [`${before + 1}${number > before + 2 ? `–${number - 1}` : ''}`]
      : [];
  });
  return gaps.length > 0 ? [`The ledger had no fact ${gaps.join(', ')} when this was exported.`] : [];
}

function short(digest: string): string {
  return digest.slice(0, 12);
}

/** What two nets caught is told once, in the words of the first. */
function withoutRepeats(faults: Fault[]): Fault[] {
  const told = new Set<string>();
  return faults.filter(({ file, id, kind }) => {
    if (id === null) return true;
    const families = kind === 'truncated' ? ['missing', 'truncated'] : [kind];
    const known = families.some((family) => told.has(`${file}/${id}/${family}`));
    told.add(`${file}/${id}/${kind}`);
    return !known;
  });
}
