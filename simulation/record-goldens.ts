/**
 * Records the golden histories that `npm test` replays (AT-51): every scenario once, on the real server under the
 * virtual clock.
 *
 *   node dist/simulation/record-goldens.js [SCENARIO…]              records what is not recorded yet for this version
 *   node dist/simulation/record-goldens.js --rerecord REASON [SCENARIO…]   replaces; see tests/replay/README.md for when
 *   node dist/simulation/record-goldens.js --check [SCENARIO…]      writes nothing; tells what is asked for otherwise now
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  goldenDifferences,
  goldenName,
  goldensIn,
  goldenText,
  isHistory,
  scenariosIn,
  type Golden,
  type HistoryJson,
} from '../audit/index.js';
import { packageRoot } from '../runtime/config.js';
import { simulate } from './index.js';

const SCENARIOS = join(packageRoot(), 'examples', 'scenarios');
const HISTORIES = join(packageRoot(), 'tests', 'replay', 'histories');

/** Runs one scenario and returns the histories it left, over all cases and runs. @throws Error when it fails or leaves none */
async function record(scenario: string): Promise<HistoryJson[]> {
  const out = await mkdtemp(join(tmpdir(), 'aftercare-golden-'));
  try {
    const [result] = await simulate([join(SCENARIOS, `${scenario}.yaml`)], { out });
    // A history of something that went wrong would be a promise to go wrong for ever.
    if (!result?.ok)
      throw new Error(`scenario ${scenario} did not go as written: aftercare simulate shows where`);
    const names = (await readdir(out, { recursive: true })).filter((name) => name.endsWith('.json'));
    // Numbers inside names count as numbers: run 10 comes after run 9.
    names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const contents = await Promise.all(
      names.map(async (name) => JSON.parse(await readFile(join(out, name), 'utf8')) as unknown),
    );
    const runs = contents.filter(isHistory);
    if (runs.length === 0) throw new Error(`scenario ${scenario} left no history in its out folder`);
    return runs;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rerecord: { type: 'string' }, check: { type: 'boolean', default: false } },
  });
  const known = await scenariosIn(SCENARIOS);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`no such scenario: ${unknown.join(', ')}; there are ${known.join(', ')}`);
  if (values.rerecord !== undefined && values.rerecord.trim() === '')
    throw new Error('--rerecord needs a reason');
  const wanted = positionals.length > 0 ? positionals : known;

  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  const goldens = await goldensIn(HISTORIES);
  if (values.check) {
    for (const scenario of wanted) {
      const golden = goldens.filter((each) => each.scenario === scenario).at(-1);
      const lines = golden ? await goldenDifferences(golden, await record(scenario)) : ['not recorded yet'];
      process.stdout.write(
        `${lines.length === 0 ? '✓' : '✗'} ${scenario}\n${lines.map((line) => `  ${line}\n`).join('')}`,
      );
      if (lines.length > 0) process.exitCode = 1;
    }
    return;
  }

  const present = wanted.filter((scenario) => existsSync(join(HISTORIES, goldenName(version, scenario))));
  if (positionals.length > 0 && present.length > 0 && values.rerecord === undefined) {
    throw new Error(
      `${present.join(', ')} stand recorded for ${version}: only --rerecord REASON replaces them`,
    );
  }
  await mkdir(HISTORIES, { recursive: true });
  for (const scenario of wanted) {
    if (present.includes(scenario) && values.rerecord === undefined) {
      process.stdout.write(`· ${scenario} stands recorded for ${version}\n`);
      continue;
    }
    const runs = await record(scenario);
    const golden: Golden = {
      scenario,
      version,
      ...(present.includes(scenario) ? { rerecorded: values.rerecord! } : {}),
      runs,
    };
    const file = join(HISTORIES, goldenName(version, scenario));
    // Stack traces of recorded failures name the checkout's folder, which is nobody's business and differs everywhere.
    await writeFile(file, goldenText(golden).replaceAll(packageRoot(), '/aftercare'));
    process.stdout.write(
      `✓ ${scenario}: ${runs.length} runs, ${runs.reduce((sum, run) => sum + run.events.length, 0)} events\n`,
    );
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
