/**
 * `npm run bench`: what Aftercare adds to the bare engine, measured in one run side by side. Progress goes to stderr,
 * the tables to stdout; `docs/performance.md` holds the last full run.
 */
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { useUtc } from '../runtime/config.js';
import { connectNative } from '../runtime/connection.js';
import { makeBed, type Bed } from './bed.js';
import { rushOfBookings } from './bookings.js';
import {
  bareKernel,
  floorBundle,
  floorOf,
  floorWorkers,
  historyOf,
  realComplaint,
  recordingOf,
  STUBS,
  twoWorkers,
  type Contender,
} from './contenders.js';
import { countEvents, type EventCount } from './events.js';
import { heapOf } from './heap.js';
import { latencies, percentile, rates } from './measure.js';
import { pacedHistory } from './paced.js';
import { smoothProcesses } from './processes.js';
import { pageOf, textOf, verdictsOf, type Findings } from './report.js';
import { sameActivities } from './same-activities.js';
import { FILE_AFTER, STEPS } from './smooth.js';

const SIZES = {
  full: { atOnce: 16, rounds: 3, cases: 96, oneAtATime: 40, warmUp: 16, few: 100, many: 300 },
  quick: { atOnce: 16, rounds: 1, cases: 32, oneAtATime: 6, warmUp: 4, few: 40, many: 120 },
};
/** Cases whose histories are counted after the speed rounds. */
const COUNTED = 20;

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});

const started = performance.now();
function tell(line: string): void {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
}

/** What one fsync of a small append costs here: a dev server on SQLite lives by it. */
async function fsyncMs(folder: string): Promise<number> {
  const path = join(folder, 'fsync');
  const file = await open(path, 'w');
  const took: number[] = [];
  for (let i = 0; i < 50; i++) {
    await file.write('x'.repeat(4096));
    const since = performance.now();
    await file.datasync();
    took.push(performance.now() - since);
  }
  await file.close();
  await rm(path);
  return percentile(took, 50);
}

async function measureAll(bed: Bed, load: number): Promise<Findings> {
  const sizes = flags.quick === true ? SIZES.quick : SIZES.full;
  const { client, stack, config } = bed;
  const { nativeConnection } = await connectNative(config, stack.target);
  const floorCode = join(config.home, 'floor-bundle.js');
  await writeFile(floorCode, (await floorBundle()).code);
  const floors = await floorWorkers(nativeConnection, floorCode);

  const ids: string[] = [];
  const complaint = realComplaint(bed, ids);
  await complaint.run(0);
  await complaint.run(1);
  const recordings = await Promise.all(ids.map(async (id) => recordingOf(await historyOf(client, id))));
  const recording = recordings[0]!;
  const same = await sameActivities(bed, nativeConnection, { recordings, floorCode });
  const kernelQueue = 'kernel';
  const kernelWorkers = await twoWorkers({
    connection: nativeConnection,
    taskQueue: kernelQueue,
    codePath: stack.bundleFile.codePath,
    activities: STUBS,
  });
  const contenders: Contender[] = [
    complaint,
    same,
    bareKernel(client, kernelQueue, recording),
    floorOf(client, 'local'),
    floorOf(client, 'regular'),
  ];
  // Numbers never repeat in a run: the same customer again would be a repeat complaint.
  let number = recordings.length;
  tell('warming up');
  for (const contender of contenders)
    await Promise.all(Array.from({ length: sizes.warmUp }, () => contender.run((number += 1))));

  const rate = await rates(contenders, { ...sizes, from: number, tell });
  number += contenders.length * sizes.rounds * sizes.cases;
  const latency = await latencies(contenders, { cases: sizes.oneAtATime, from: number, tell });
  const speeds = contenders.map((each) => ({ name: each.name, ...rate.get(each)!, ...latency.get(each)! }));

  tell('counting events');
  const counts: EventCount[] = [];
  for (const id of ids.slice(-COUNTED)) counts.push(countEvents(await historyOf(client, id)));
  const mean = (value: (count: EventCount) => number) =>
    counts.reduce((sum, count) => sum + value(count), 0) / counts.length;
  const fsync = await fsyncMs(config.home);
  await kernelWorkers.stop();
  await same.stop();
  await floors.stop();
  await stack.workers.shutdown();
  const paced = countEvents(await pacedHistory(bed, recording));

  tell('a smooth case of every process');
  const processes = await smoothProcesses(config);

  tell('a rush of bookings');
  const bookings = await rushOfBookings(stack.ports.ledger);

  const { few, many } = sizes;
  const order = { address: stack.temporalAddress, few, many, answered: 0, recording: null };
  const heapAt = async (what: string, answered: number) => {
    tell(`heap of ${what}`);
    const codePath = stack.bundleFile.codePath;
    return { what, bytes: (await heapOf({ ...order, codePath, recording, answered }, config.home)).each };
  };
  tell('heap of empty workflows');
  const empty = (await heapOf({ ...order, codePath: floorCode }, config.home)).each;
  const lines = [
    await heapAt('just opened', 0),
    await heapAt(`${FILE_AFTER} of ${STEPS} steps answered`, FILE_AFTER),
  ];

  const require = createRequire(import.meta.url);
  await nativeConnection.close();
  return {
    at: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
    quick: flags.quick === true,
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryGb: totalmem() / 2 ** 30,
      system: `${type()} ${release().split('.').slice(0, 2).join('.')}`,
      node: process.versions.node,
      fsyncMs: fsync,
    },
    engine: {
      cli: bed.engine.version,
      server: bed.serverVersion,
      sdk: (require('@temporalio/worker/package.json') as { version: string }).version,
      bundle: stack.bundle.slice(0, 7),
    },
    load: { before: load },
    sizes,
    speeds,
    paced,
    asRun: { cases: counts.length, events: mean((c) => c.events), arithmetic: mean((c) => c.arithmetic) },
    heap: { empty, lines },
    processes,
    bookings,
  };
}

async function main(): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const bed = await makeBed(tell);
  const findings = await measureAll(bed, load).finally(() => bed.close());

  if (flags.quick !== true) {
    const folder = join(bed.config.packageRoot, 'docs');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'performance.md'), pageOf(findings));
    tell('written: docs/performance.md');
  }
  const verdicts = verdictsOf(findings);
  process.stdout.write(
    flags.json === true ? `${JSON.stringify({ ...findings, verdicts }, null, 2)}\n` : `${textOf(findings)}\n`,
  );
}

useUtc();
if (flags.help === true) {
  process.stdout.write('npm run bench [-- --quick] [-- --json]\n');
} else {
  // Through `exit`, where the server that was started is ended and the folder removed.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  try {
    await main();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).stack}\n`);
    process.exit(1);
  }
}
