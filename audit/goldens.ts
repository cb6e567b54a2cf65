import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { commandDifference, commandDigest } from './commands.js';
import { isHistory, type HistoryJson } from './histories.js';

/** Golden recordings: the histories of every scenario as a released version made them (AT-51). */
export interface Golden {
  scenario: string;
  /** Version of the product that recorded it. */
  version: string;
  /** Why it replaced an earlier recording; absent on the first. */
  rerecorded?: string;
  /** One per run, over all cases of the scenario, oldest first. */
  runs: HistoryJson[];
}

export interface GoldenFile extends Golden {
  file: string;
}

/** `<version>-<scenario>.json` */
export function goldenName(version: string, scenario: string): string {
  return `${version}-${scenario}.json`;
}

/** Scenario names of a folder, without `.yaml`. */
export async function scenariosIn(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => [] as string[]);
  return names
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'))
    .sort();
}

/** Every golden recording of a folder. @throws Error naming a file that is none */
export async function goldensIn(dir: string): Promise<GoldenFile[]> {
  const names = (await readdir(dir).catch(() => [] as string[]))
    .filter((name) => name.endsWith('.json'))
    .sort();
  return Promise.all(
    names.map(async (file): Promise<GoldenFile> => {
      const golden = JSON.parse(await readFile(join(dir, file), 'utf8')) as Golden;
      const sound =
        typeof golden?.scenario === 'string' &&
        typeof golden.version === 'string' &&
        Array.isArray(golden.runs) &&
        golden.runs.length > 0 &&
        golden.runs.every(isHistory);
      if (!sound) throw new Error(`${file} is not a golden recording`);
      if (file !== goldenName(golden.version, golden.scenario)) {
        throw new Error(`${file} should be called ${goldenName(golden.version, golden.scenario)}`);
      }
      return { ...golden, file };
    }),
  );
}

/** The text of a golden file: compact, one event per line, so that a new recording can be reviewed as a diff. */
export function goldenText(golden: Golden): string {
  const { runs, ...head } = golden;
  const top = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`);
  const blocks = runs.map(
    ({ events }) => `{"events":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}`,
  );
  return `{${top.join('')}"runs":[\n${blocks.join(',\n')}\n]}\n`;
}

/**
 * What a fresh run of a scenario asks for otherwise than the golden recording: one line per run that differs, in
 * lengths and arguments too, which replay does not compare. Empty when all is the same.
 */
export async function goldenDifferences(golden: Golden, fresh: HistoryJson[]): Promise<string[]> {
  const lines: string[] = [];
  if (golden.runs.length !== fresh.length)
    lines.push(`${golden.runs.length} runs recorded, ${fresh.length} now`);
  for (const [index, recorded] of golden.runs.entries()) {
    const now = fresh[index];
    if (!now) break;
    const difference = commandDifference(await commandDigest(recorded), await commandDigest(now));
    if (difference !== null) lines.push(`run ${index + 1}: ${difference}`);
  }
  return lines;
}
