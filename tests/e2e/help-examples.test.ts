/**
 * Every example of every command's help is typed, as it stands, at a stack: the case numbers become those of cases
 * that were brought to the point the example speaks of, the files exist, and it must exit 0.
 */
import { copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMailbox } from '../../adapters/mailbox.js';
import { ENTRIES } from '../../client/cli/registry.js';
import type { AftercareApi } from '../../client/api.js';
import { connectAftercare } from '../../client/connect.js';
import { loadConfig } from '../../runtime/config.js';
import { House, ROOT, plainEnv, policyOfAnyHour, soon, words, type Env } from '../support/program.js';

/** Not run here, and why. Anything else that help shows is run. */
const APART: Record<string, string> = {
  'aftercare up': 'stays up: stack.test.ts',
  'aftercare up --home /var/lib/aftercare': 'stays up: stack.test.ts',
  'aftercare demo': 'a minute: as-written.test.ts',
  'aftercare demo --all': 'minutes: all scenarios are a stage of npm test',
  'aftercare demo --speed 2': 'a minute: as-written.test.ts, unhurried',
  'aftercare case watch T20300304-001': 'goes on until Ctrl-C: walk.test.ts',
  'aftercare case watch T20300304-001 --every 5 --json': 'goes on until Ctrl-C: walk.test.ts',
  'aftercare bureau answer K7QM-2XHD-9RTW accept': 'needs the code of a mail: bureau.test.ts',
  'aftercare bureau answer K7QM-2XHD-9RTW otherTime --from 2030-03-06T09:00 --to 2030-03-06T10:00':
    'needs the code of a mail: bureau.test.ts',
  'aftercare simulate examples/scenarios --json --out results':
    'minutes: all scenarios are a stage of npm test',
};

/** What a case is brought to, before the example is typed. The number in help stands for it. */
type Point =
  'opened' | 'acknowledged' | 'takenByEngineer' | 'investigatedByEngineer' | 'agreed' | 'paused' | 'closed';

/**
 * Examples that change a case, line after line on the same one. What is in no chain only looks, and is typed at a case
 * of its own that no chain touches.
 */
const CHAINS: { point: Point; lines: RegExp[] }[] = [
  {
    point: 'opened',
    lines: [/task reassign .*--dry-run/, /task complete .*grade=important/, /task correct .*acknowledge/],
  },
  { point: 'opened', lines: [/task claim .*acknowledge/, /task release .*acknowledge/] },
  { point: 'opened', lines: [/task reassign .*--task/] },
  { point: 'opened', lines: [/task complete .*--file answer\.yaml/] },
  { point: 'takenByEngineer', lines: [/task claim .*investigate/, /task release .*investigate/] },
  { point: 'investigatedByEngineer', lines: [/task correct .*investigate/] },
  { point: 'agreed', lines: [/task complete .*carryOut/] },
  {
    point: 'acknowledged',
    lines: [/case note .*seal/, /case note .*rang back/, /case attach .*(?<!--dry-run)$/],
  },
  { point: 'acknowledged', lines: [/case pause .*--dry-run/, /case pause .*--yes/] },
  { point: 'paused', lines: [/case resume .*--dry-run/, /case resume .*--note/] },
  { point: 'acknowledged', lines: [/case raise .*--dry-run/, /case raise .*--yes/] },
  { point: 'acknowledged', lines: [/case withdraw .*@recording/] },
  { point: 'acknowledged', lines: [/case withdraw .*letter/] },
  { point: 'closed', lines: [/case reopen .*--dry-run/, /case reopen .*(?<!--dry-run) --as/] },
  { point: 'acknowledged', lines: [/case merge .*--dry-run/, /case merge .*--yes/] },
  { point: 'acknowledged', lines: [/case reclassify .*--dry-run/, /case reclassify .*--yes/] },
  { point: 'opened', lines: [/case cancel .*--dry-run/, /case cancel .*--confirm/] },
  { point: 'acknowledged', lines: [/case resync .*--dry-run/, /case resync \S+ --as/, /case upgrade T/] },
  { point: 'closed', lines: [/content erase .*--dry-run/, /content erase .*--confirm/] },
  { point: 'opened', lines: [/policy adopt .*--case/] },
  {
    point: 'acknowledged',
    lines: [/audit export .*--key/, /audit verify .*--key/],
  },
  {
    point: 'acknowledged',
    lines: [
      /audit export \S+ --out \S+$/,
      /audit verify \S+$/,
      /audit timeline exports/,
      /audit replay exports/,
      /audit replay T/,
    ],
  },
];

const FILES: Record<string, string> = {
  'complaint.yaml':
    'problemType: delivery\nmatter: 设备晚到三天\ncomplainant: { name: 方晴, phone: "13800000155" }\n',
  'issuance.yaml': `customer: yunfan
noticeNo: 杭税告2030-0113
noticeOn: '2026-03-02'
bureau: xihu-bureau
devices: [{ family: goldenTaxDisk, machineNo: 0 }]
`,
  'repair.yaml': `customer: qingshan
caller: 方晴
taxSubBureau: xihu-bureau
symptom: 读卡器红灯常亮
diagnosis:
  readerLamp: { value: red }
  memory: { value: 512M }
  printerDriver: { skipped: notConcerned }
  cardDate: { value: '2030-03-04' }
  filingStart: { value: '2030-03-01' }
  accountingMonth: { value: 2030-02 }
`,
  'answer.yaml': 'grade: general\ntext: 今天下班前答复\n',
  'correction.yaml': 'cause: wrong ink\n',
  'audit.key': 'a key of thirty-two bytes or more, kept apart\n',
  'form.pdf': '%PDF-1.4 signed\n',
  'receipt.pdf': '%PDF-1.4 receipt\n',
  'call.mp3': 'sound\n',
  'recording.mp3': 'sound\n',
};

/** Examples about appointments and things held: each at the point of an issuance that it speaks of. */
const AT_ISSUANCES = /F20300304-001|bureau answer .*--dry-run/;

const examples = (await Promise.all(ENTRIES.map(async (entry) => (await entry.load()).examples))).flat();
const chainOf = (example: string) => CHAINS.find(({ lines }) => lines.some((line) => line.test(example)));
const atIssuances = examples.filter((example) => AT_ISSUANCES.test(example));
const looks = [...new Set(examples)].filter(
  (example) => !(example in APART) && !chainOf(example) && !atIssuances.includes(example),
);

let house: House;
let api: AftercareApi;
/** Case of the looks, and the earlier one of a merge. */
let looked: string;

const paper = (name: string) => ({ name: `${name}.txt`, text: name });
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

/** An issuance up to the request to the bureau, told when the visit could be. */
async function askedBureau(bureau: string, visit: object): Promise<string> {
  const line = { customer: 'yunfan', bureau, noticeNo: '杭税告0113', noticeOn: '2026-01-05' };
  const { caseId } = await api.open('issuance', { ...line, devices: [{ family: 'goldenTaxDisk' }] }, 'li.na');
  const asked = { feeStatus: 'unpaid', due: 1200, hasComputer: true, hasPrinter: true };
  const prepared = { backupAsked: true, dedicatedMachine: true, siteAddress: '文三路示例大厦5楼' };
  await api.complete(caseId, 'prepare', { ...asked, ...prepared }, 'li.na');
  if (bureau === 'binjiang-bureau') await api.complete(caseId, 'requestBureau', visit, 'li.na');
  else await api.complete(caseId, 'callBureau', { result: 'otherTime', ...visit }, 'li.na');
  return caseId;
}
function borrow(caseId: string, serial: string) {
  const signed = { keeperSignature: paper('keeper'), borrowerSignature: paper('borrower') };
  return api.complete(caseId, 'borrowDevices', { lines: [{ serial, machineNo: 0 }], ...signed }, 'pan.mei');
}

let brought = 0;
async function bring(point: Point): Promise<string> {
  const engineer = point === 'takenByEngineer' || point === 'investigatedByEngineer';
  const { caseId } = await api.openComplaint(
    {
      problemType: 'productQuality',
      matter: 'printer leaks ink',
      // Somebody else each time: a repeated complaint would begin one level up.
      complainant: { name: '方晴', phone: `1380000${String(2000 + brought++)}` },
      ...(point === 'opened' ? {} : { acknowledged: { grade: 'general' } }),
    },
    engineer ? 'wang.lei' : 'li.na',
  );
  const complete = (by: string, task: string, answer: object) => api.complete(caseId, task, answer, by);
  if (point === 'paused') await api.act('pause', caseId, { reason: 'waitingCustomer' }, 'li.na');
  if (point === 'investigatedByEngineer' || point === 'agreed' || point === 'closed')
    await complete(engineer ? 'wang.lei' : 'li.na', 'investigate', {
      finding: 'founded',
      cause: 'seal worn',
    });
  if (point === 'agreed' || point === 'closed') {
    await complete('li.na', 'reportToHead', { reportedTo: 'he.jing' });
    const dueAt = new Date(Math.ceil(Date.now() / 3_600_000 + 25) * 3_600_000).toISOString();
    await complete('li.na', 'planResolution', {
      options: ['repair'],
      plan: 'new head',
      responsible: 'wang.lei',
      dueAt,
    });
    await complete('li.na', 'agreeResolution', { customerReply: 'agreed' });
  }
  if (point === 'closed') {
    await complete('wang.lei', 'carryOut', { treatment: 'new head', proof: 'note 42' });
    await complete('li.na', 'tellResult', { result: 'repaired', apology: 'given', prevention: 'checks' });
    await complete('zhang.wei', 'confirmSatisfaction', { verdict: 'satisfied' });
    expect(await soon(async () => (await api.sheet(caseId, 'li.na')).row.status === 'closed')).toBe(true);
  }
  return caseId;
}

/** Types an example at a case; it must do what help promises. */
async function type(example: string, caseId: string, code = ''): Promise<void> {
  const line = example
    .replaceAll(/ --into T20300304-001/g, ` --into ${looked}`)
    .replaceAll(/[FT]20300304-00[12](?=.*)/g, caseId)
    .replace('K7QM-2XHD-9RTW', code)
    // A wait has its limit, from today.
    .replace('--until 2030-03-06T12:00', `--until ${inMinutes(120)}`);
  const [program, ...argv] = words(line);
  expect(program).toBe('aftercare');
  const ran = await house.run(argv, { cwd: join(house.home, 'desk') });
  const told = `$ ${line}\n${ran.stdout}${ran.stderr}`;
  expect(ran.code, told).toBe(0);
  expect(ran.stdout, told).not.toBe('');
  expect(ran.stderr, told).not.toMatch(/✗|unexpected|Warning:/);
  if (argv.includes('--json')) ran.json();
}

beforeAll(async () => {
  const env: Env = {};
  house = await House.empty(env);
  const desk = join(house.home, 'desk');
  await mkdir(join(desk, 'tests/replay/histories'), { recursive: true });
  for (const folder of ['examples', 'policy']) await symlink(join(ROOT, folder), join(desk, folder));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(desk, name), text);
  // Cases begin under other numbers than those of policy/default.yaml, so that there is something to adopt.
  env['AFTERCARE_POLICY'] = await policyOfAnyHour(join(desk, 'earlier.yaml'), (text) =>
    text.replace('repeatDays: 90', 'repeatDays: 60'),
  );
  await house.start();
  api = await connectAftercare(loadConfig(plainEnv({ ...env, AFTERCARE_HOME: house.home })));
  looked = await bring('opened');
  const filed = async () =>
    (await readMailbox(join(house.home, 'mailbox'))).some(({ id }) => id.startsWith(looked));
  expect(await soon(filed)).toBe(true);
});
afterAll(async () => {
  await api?.close();
  await house?.close();
});

describe('examples of help that change something', () => {
  it.each(CHAINS.map((chain) => [String(chain.lines[0]).slice(1, -1), chain] as const))(
    '%s',
    async (_, { point, lines }) => {
      const chain = lines.map((line) => {
        const found = examples.filter((example) => line.test(example));
        expect(found, `examples like ${String(line)}`).toHaveLength(1);
        return found[0]!;
      });
      const caseId = await bring(point);
      for (const example of chain) {
        if (example.includes('tests/replay/histories')) {
          const exported = join(house.home, 'desk/exports', caseId);
          for (const name of (await readdir(exported)).filter((each) => each.startsWith('history-')))
            await copyFile(join(exported, name), join(house.home, 'desk/tests/replay/histories', name));
        }
        await type(example, caseId);
      }
    },
  );
});

describe('examples of help about appointments and things held', () => {
  it('are tried at issuances on their way', async () => {
    const left = new Set(atIssuances);
    const typed = async (pattern: RegExp, caseId: string, code?: string) => {
      const found = [...left].filter((example) => pattern.test(example));
      expect(found, String(pattern)).not.toEqual([]);
      for (const example of found) {
        await type(example, caseId, code);
        left.delete(example);
      }
    };
    const [slot] = await api.freeSlots({
      ...{ who: 'bureau/binjiang-bureau', calendar: api.policy.policy.bookings.bureauCalendar },
      ...{ day: inMinutes(24 * 60).slice(0, 10), minutes: 60, bufferMinutes: 0, count: 1 },
    });
    const visit = { technician: 'wang.lei', from: slot!.from, to: slot!.to };
    const first = await askedBureau('binjiang-bureau', visit);
    let code: string | undefined;
    await soon(async () => {
      const mails = await readMailbox(join(house.home, 'mailbox'));
      const request = mails.find(({ id, to }) => id.startsWith(first) && to === 'su.ke@example.net');
      code = /[2-9A-Z]{4}(?:-[2-9A-Z]{4}){2}/.exec(request?.text ?? '')?.[0];
      return code !== undefined;
    });
    await typed(/bureau answer/, first, code);
    await api.complete(first, 'awaitBureau', { result: 'accept' }, 'li.na');
    await typed(/case refused .*borrowDevices/, first);
    await borrow(first, 'JSP-30040001');
    await typed(/case lost/, first);
    await typed(/case reschedule .*issuance/, first);
    await api.act('cancelCase', first, { reason: '误录' }, 'chen.hui');
    await typed(/case refused .*returnItems/, first);

    const now = { technician: 'zhou.jie', from: inMinutes(5), to: inMinutes(20) };
    const second = await askedBureau('xihu-bureau', now);
    await borrow(second, 'JSP-30040002');
    const passed = { officerPresent: true, devices: [{ serial: 'JSP-30040002', result: 'passed' }] };
    await api.complete(second, 'issueDevices', passed, 'zhou.jie');
    const agreed = { officerInstallAt: inMinutes(300), namedByOfficer: true };
    await api.complete(second, 'agreeInstallation', agreed, 'zhou.jie');
    const booked = { technician: 'zhou.jie', from: inMinutes(300), to: inMinutes(360), backupAsked: true };
    await api.complete(second, 'bookInstallation', booked, 'li.na');
    await typed(/case reschedule .*installation/, second);
    expect([...left]).toEqual([]);
  });
});

describe('examples of help that only look', () => {
  it('are all there', () => {
    for (const example of Object.keys(APART)) expect(examples).toContain(example);
    expect(
      atIssuances.length +
        looks.length +
        CHAINS.flatMap(({ lines }) => lines).length +
        Object.keys(APART).length,
    ).toBe(new Set(examples).size);
  });
  it.concurrent.each(looks)('%s', (example) => type(example, looked));
});
