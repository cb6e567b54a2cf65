/** What was found, as a table for people and as the page `docs/performance.md`. */
import type { BookingRush } from './bookings.js';
import type { ProcessEvents } from './processes.js';
import type { EventCount } from './events.js';
import type { Latency, Rate } from './measure.js';

export interface Speed extends Rate, Latency {
  name: string;
}
export interface HeapLine {
  what: string;
  bytes: number;
}
export interface Findings {
  at: string;
  quick: boolean;
  machine: { cpu: string; cores: number; memoryGb: number; system: string; node: string; fsyncMs: number };
  engine: { cli: string; server: string; sdk: string; bundle: string };
  load: { before: number };
  sizes: { atOnce: number; rounds: number; cases: number; oneAtATime: number; few: number; many: number };
  speeds: Speed[];
  /** At an office's pace; and the mean of what the measured cases left. */
  paced: EventCount;
  asRun: { cases: number; events: number; arithmetic: number };
  heap: { empty: number; lines: HeapLine[] };
  processes: ProcessEvents[];
  bookings: BookingRush;
}

export interface Verdict {
  what: string;
  found: string;
  target: string;
  met: boolean;
}

export const TARGETS = { ratio: 0.8, events: 1.1, heapKb: 60 };

const WHAT: Record<string, string> = {
  complaint: 'the complaint as the desk runs it',
  kernel: 'its workflow alone, activities that do nothing',
  'floor-same': 'floor: a plain workflow, the same updates and activities',
  'floor-local': 'bare engine, a step recorded by a local activity',
  'floor-regular': 'bare engine, a step recorded by a regular activity',
};

const kb = (bytes: number) => (bytes / 1024).toFixed(0);
const times = (value: number) => value.toFixed(2);

export function verdictsOf(findings: Findings): Verdict[] {
  const speed = (name: string) => findings.speeds.find((line) => line.name === name)!;
  const real = speed('complaint');
  const floor = speed('floor-same');
  const ratios = [
    { what: 'complaints per second, of the floor', found: real.perSecond / floor.perSecond },
    { what: 'pace of one answer (p50), of the floor', found: floor.p50 / real.p50 },
  ];
  const verdicts: Verdict[] = ratios.map(({ what, found }) => ({
    what,
    found: times(found),
    target: `>= ${TARGETS.ratio}`,
    met: found >= TARGETS.ratio,
  }));
  const events = findings.paced.events / findings.paced.arithmetic;
  verdicts.push({
    what: 'events of a smooth complaint, of the arithmetic',
    found: `${findings.paced.events} of ${findings.paced.arithmetic} = ${times(events)}`,
    target: `<= ${TARGETS.events}`,
    met: events <= TARGETS.events,
  });
  for (const line of findings.heap.lines) {
    const above = (line.bytes - findings.heap.empty) / 1024;
    verdicts.push({
      what: `heap above an empty workflow, ${line.what}`,
      found: `${above.toFixed(0)} KB`,
      target: `<= ${TARGETS.heapKb} KB`,
      met: above <= TARGETS.heapKb,
    });
  }
  const { bookings } = findings;
  verdicts.push({
    what: `double bookings, ${bookings.requests} requests for ${bookings.technicians} technicians`,
    found: String(bookings.doubles),
    target: '0',
    met: bookings.doubles === 0,
  });
  return verdicts;
}

/** Rows under a head, in columns. @param markdown with pipes */
function table(head: string[], rows: string[][], markdown: boolean): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: string[]) => {
    const padded = cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
    return markdown ? `| ${padded.join(' | ')} |` : padded.join('  ').trimEnd();
  };
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const under = markdown ? `| ${rule.join(' | ')} |` : widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(head), under, ...rows.map(line)].join('\n');
}

export function tables(findings: Findings, markdown: boolean) {
  const floor = findings.speeds.find((line) => line.name === 'floor-same')!;
  return {
    speed: table(
      ['what', 'cases/s', 'of the floor', 'p50 ms', 'p99 ms'],
      findings.speeds.map((line) => [
        WHAT[line.name] ?? line.name,
        line.perSecond.toFixed(1),
        times(line.perSecond / floor.perSecond),
        line.p50.toFixed(0),
        line.p99.toFixed(0),
      ]),
      markdown,
    ),
    events: table(
      ['what', 'arithmetic', 'found', 'more'],
      [
        ...findings.paced.lines.map((line) => [
          line.what,
          String(line.allowed),
          String(line.found),
          line.found === line.allowed
            ? ''
            : `${line.found > line.allowed ? '+' : ''}${line.found - line.allowed}`,
        ]),
        ['all', String(findings.paced.arithmetic), String(findings.paced.events), ''],
      ],
      markdown,
    ),
    heap: table(
      ['what', 'KB each', 'above empty'],
      [
        ['an empty workflow', kb(findings.heap.empty), ''],
        ...findings.heap.lines.map((line) => [
          line.what,
          kb(line.bytes),
          kb(line.bytes - findings.heap.empty),
        ]),
      ],
      markdown,
    ),
    processes: table(
      ['a smooth case', 'events', 'arithmetic', 'answers', 'claims', 'messages', 'forms filed'],
      findings.processes.map((line) => [
        line.process,
        String(line.events),
        String(line.arithmetic),
        String(line.steps),
        String(line.claims),
        String(line.messages),
        String(line.documents),
      ]),
      markdown,
    ),
    bookings: table(
      ['what', 'requests', 'at once', 'booked', 'requests/s', 'p50 ms', 'p99 ms'],
      [
        [
          `bookings of ${findings.bookings.technicians} technicians`,
          String(findings.bookings.requests),
          String(findings.bookings.atOnce),
          String(findings.bookings.booked),
          findings.bookings.perSecond.toFixed(0),
          findings.bookings.p50.toFixed(0),
          findings.bookings.p99.toFixed(0),
        ],
      ],
      markdown,
    ),
    verdicts: table(
      ['target', 'found', 'wanted', 'met'],
      verdictsOf(findings).map((line) => [line.what, line.found, line.target, line.met ? 'yes' : 'no']),
      markdown,
    ),
  };
}

export function textOf(findings: Findings): string {
  const { speed, events, processes, heap, bookings, verdicts } = tables(findings, false);
  return [speed, events, processes, heap, bookings, verdicts].join('\n\n');
}

export function pageOf(findings: Findings): string {
  const { machine, engine, sizes, paced, asRun } = findings;
  const { speed, events, processes, heap, bookings, verdicts } = tables(findings, true);
  const excess = paced.lines.filter((line) => line.found > line.allowed && line.why !== '');
  return `# Performance

What the last run of \`npm run bench\` found${findings.quick ? ' (a quick run: few cases, rough figures)' : ''}. The page is written by the run; do not edit it.

Everything is measured side by side in one run on one machine, and **only the ratios are meant to be compared**: the
floor is the cheapest workflow that asks the same of the engine, so a ratio says what Aftercare adds to Temporal. Other
hardware moves both sides.

- ${findings.at}, load ${findings.load.before.toFixed(1)} before it began
- ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb.toFixed(0)} GB, ${machine.system}; an fsync takes ${machine.fsyncMs.toFixed(1)} ms
- Node ${machine.node}; Temporal CLI ${engine.cli}, server ${engine.server}, SDK ${engine.sdk}; workflow bundle ${engine.bundle}
- Client, workers, ledger, mail host and server share the machine. The server is the development server on a SQLite file (WAL, synchronous=FULL), as \`npm start\` runs it

## Targets

${verdicts}

## Speed

${sizes.rounds} rounds of ${sizes.cases} cases with ${sizes.atOnce} at once, the rows taking turns; then ${sizes.oneAtATime} cases one at a time for the time of one human step (${findings.speeds[0]?.samples ?? 0} samples a row).

${speed}

- **The complaint**: the smooth one, through the facade as the desk uses it. Opened and acknowledged by phone, then ${paced.steps} human steps by Update, ${paced.messages} messages to the customer (every second one by mail, the others by SMS) into the local mailbox, one filed form; embedded ledger. Timed from the intake to the end of the workflow, and a step from the call to its answer. Quiet hours and the cap on messages per customer are off, so that a run does not depend on the hour.
- **The floor**: a plain workflow with the same updates and the same local and regular activities, no kernel and no facade. What a smooth complaint asked of ledger, mail, SMS and storage is recorded once, and the plain workflow asks the very same under a number of its own: each step and each outcome recorded in the ledger by a local activity, the messages sent and the form filed by regular ones. Nothing is validated or decided, no form is kept before the update, no clock is kept, no search attribute set. The ratio is what kernel and facade cost.
- **Its workflow alone**: the same updates sent straight to the complaint's workflow, activities that return at once: the kernel without ledger, facade and delivery. To be held against the bare engine; both tell where the time goes.
- **The bare engine**: a plain workflow whose activities do nothing. It takes the same ${paced.steps} updates; keeps one timer pending and sets it anew at every step; records the start and each step by one activity that writes nothing; sends ${paced.messages} regular activities that do nothing on a delivery queue with the same rate limit, after the same steps; files the form by one more, and its last step waits for that. It sets no search attributes and records nothing for a message that was sent. This is not a service desk: nothing it was told is kept anywhere but in its history. Recorded by a local activity it does what the kernel does; by a regular one it does what most projects do.

## Events

One smooth complaint at an office's pace: ten minutes between two steps on a workday, by the virtual clock, whose own marks are left out. The arithmetic: 10 a case + 8 a human step + 3 a turn that sends + 3 a message + 1 an attribute change, here 10 + 8 x ${paced.steps} + 3 x ${paced.sendingTurns} + 3 x ${paced.messages} + ${paced.attributeChanges} = ${paced.arithmetic}. Found: **${paced.events}**. The ${asRun.cases} complaints of the speed rows left ${asRun.events.toFixed(1)} each (arithmetic ${asRun.arithmetic.toFixed(1)}): done within one minute, they move the alarm less often.

${events}

${excess.map((line) => `- ${line.what}: ${line.why}`).join('\n')}

The filed form costs 6 (an activity and the workflow task it wakes) and is not in the arithmetic; with it the arithmetic says ${paced.withDocument}.

${processes}

The scenarios smooth, issuance-smooth and repair-smooth: reminders ring where somebody takes his time. A claim (a thing handed over, an appointment made) costs six events: an activity, and the workflow task it wakes.

## Heap

${heap}

Workflows live in a worker thread with a heap of its own, which the process does not report. So the measured process is started with \`--expose-gc\` and a probe in every thread; the probe collects twice and reads \`used_heap_size\`. ${sizes.few} cases are cached and measured, then ${sizes.many}; the difference divided by ${sizes.many - sizes.few} is the heap of one, without what the worker itself needs. The empty workflow is measured alike from a bundle without the product. Activities do nothing here; the cases are real ones, with policy, calendars and desk in them.

## Bookings

${bookings}

Everybody wants an hour, and a quarter of travel after it, of the same people on the same day, so most are told that the time is taken, and what else is booked. The ledger is the embedded one: one query at a time.

## Again

\`\`\`
npm run bench              # about ten minutes on two quiet cores; writes this page
npm run bench -- --quick   # two minutes, rough; writes nothing
npm run bench -- --json    # everything on stdout as JSON
\`\`\`
`;
}
