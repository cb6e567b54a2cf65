/**
 * Issuances at a desk: customers, technicians, counters and devices of their own, so that many cases of one test file
 * share a ledger and never meet; and the smooth way through the manual, to be walked as far as a test needs it. What
 * does not depend on the manual serves repairs too (repair.ts).
 */
import { customerSchema, staffSchema, unitSchema, type Organisation } from '../../domain/organisation.js';
import type { TaskRow } from '../../domain/case.js';
import { isOurs } from '../../domain/custody.js';
import { DeskError, type OpenReceipt } from '../../client/api.js';
import type { ActResult } from '../../workflows/case/messages.js';
import { at, type Desk, type DeskOptions, type Office } from './desk.js';

/** Who and what one case is about. */
export interface Errand {
  caseId: string;
  customer: string;
  technician: string;
  bureau: string;
  /** Devices in the warehouse that nobody else's case asks for. */
  serials: string[];
  /** The spare part of this set. */
  spare: string;
  desk: Desk;
}

/** One answer of the way; `at` is when it is given, e.g. `03-04 10:30`. */
export interface Step {
  task: string;
  by: string;
  at?: string;
  answer: Record<string, unknown>;
}

/** The kit of every family that has none of its own. */
export const KIT = {
  kitVersion: '2026.1',
  kit: ['screwdriver', 'installationMedia', 'invoicingSoftware', 'invoices', 'contract', 'activationForm'],
};
export const paper = (name: string) => ({ name: `${name}.txt`, text: name });

/** Caps are a matter of the post room: here many cases of one morning would only wait for each other. */
const FREELY = { perMinute: 1000, perHour: 1000, perDay: 1000, spreadMinutes: 0 };

/** An office with as many sets of people and devices as a test file has cases. */
export class Warehouse {
  private used = 0;

  private constructor(
    readonly office: Office,
    readonly organisation: Organisation,
    private readonly sets: number,
  ) {}

  /** Takes people, customers, counters and devices for so many cases on file. */
  static async stock(office: Office, sets: number, since: string): Promise<Warehouse> {
    const numbers = Array.from({ length: sets }, (_, index) => index + 1);
    const two = (no: number) => String(no).padStart(3, '0');
    const organisation: Organisation = {
      ...office.organisation,
      staff: [
        ...office.organisation.staff,
        ...numbers.map((no) =>
          staffSchema.parse({
            id: `engineer.${no}`,
            name: `工程师${no}`,
            roles: ['engineer'],
            department: 'technical-service',
            mail: `engineer.${no}@example.com`,
            mobile: `13811000${two(no)}`,
          }),
        ),
      ],
      units: [
        ...office.organisation.units,
        ...numbers.map((no) =>
          unitSchema.parse({ id: `bureau-${no}`, name: `示例第${no}税务所`, kind: 'bureau' }),
        ),
      ],
      customers: [
        ...office.organisation.customers,
        ...numbers.map((no) =>
          customerSchema.parse({
            id: `customer-${no}`,
            name: `杭州示例第${no}商行`,
            contactName: `联系人${no}`,
            mobile: `13822000${two(no)}`,
          }),
        ),
      ],
    };
    await office.ports.ledger.importOrganisation(organisation);
    const devices = numbers.flatMap((no) =>
      serialsOf(no).map((item) => ({
        item,
        kind: 'device' as const,
        family: 'goldenTaxDisk',
        model: 'GTD-5 金税盘',
      })),
    );
    const spares = numbers.map((no) => ({
      item: spareOf(no),
      kind: 'spare' as const,
      family: 'printHead',
      model: 'LQ-630K 打印头',
    }));
    await office.ports.ledger.importStock([...devices, ...spares], at(since));
    return new Warehouse(office, organisation, sets);
  }

  /** A desk that knows these people. */
  desk(startAt: string, options: DeskOptions = {}): Promise<Desk> {
    const policy = { messages: FREELY, ...options.policy };
    return this.office.desk(startAt, { organisation: this.organisation, ...options, policy });
  }

  /** People and things that no other case has. */
  next(desk: Desk): Omit<Errand, 'caseId'> {
    const no = (this.used += 1);
    if (no > this.sets) throw new Error(`only ${this.sets} sets of people and devices`);
    return {
      customer: `customer-${no}`,
      technician: `engineer.${no}`,
      bureau: `bureau-${no}`,
      serials: serialsOf(no),
      spare: spareOf(no),
      desk,
    };
  }
  /** Opens an issuance with people and devices of its own. */
  async open(desk: Desk, input: Record<string, unknown> = {}): Promise<Errand> {
    const errand = this.next(desk);
    const { caseId } = await request(desk, { customer: errand.customer, bureau: errand.bureau, ...input });
    return { ...errand, caseId, customer: String(input['customer'] ?? errand.customer) };
  }
}

const serialsOf = (no: number) => [1, 2, 3, 4].map((each) => `T-${no}-${each}`);
const spareOf = (no: number) => `P-${no}`;

/** A request for one device that is in order, as of a day. */
export const requestOf = (day: string) => ({
  customer: 'yunfan',
  noticeNo: '杭税告2030-0113',
  noticeOn: day,
  bureau: 'xihu-bureau',
  devices: [{ family: 'goldenTaxDisk', machineNo: 0 }],
});

/** Sends the request and lets it settle. */
export async function request(
  desk: Desk,
  input: Record<string, unknown>,
  by = 'li.na',
): Promise<OpenReceipt> {
  const receipt = await desk.api.open('issuance', { ...requestOf(desk.now.slice(0, 10)), ...input }, by);
  await desk.settle();
  return receipt;
}

/** Each answer of an issuance where nothing goes wrong, all in one day `MM-DD`: in the morning at the bureau. */
export function smoothWay(errand: Errand, day: string): Step[] {
  const { serials, technician } = errand;
  const local = (time: string) => `2030-${day}T${time}:00+08:00`;
  const [device, spare] = serials as [string, string];
  const signed = { technicianSignature: paper('technician') };
  return [
    {
      task: 'prepare',
      by: 'li.na',
      answer: {
        feeStatus: 'partial',
        due: 1200,
        paid: 480,
        hasComputer: true,
        hasPrinter: true,
        backupAsked: true,
        dedicatedMachine: true,
        siteAddress: '杭州市西湖区文三路示例大厦5楼',
        region: 'xihu',
      },
    },
    {
      task: 'callBureau',
      by: 'li.na',
      answer: { result: 'accepted', from: local('10:00'), to: local('11:00'), technician },
    },
    {
      task: 'borrowDevices',
      by: 'pan.mei',
      answer: {
        lines: [
          { serial: device, machineNo: 0 },
          { serial: spare, use: 'spare' },
        ],
        keeperSignature: paper('keeper'),
        borrowerSignature: paper('borrower'),
      },
    },
    {
      task: 'issueDevices',
      by: technician,
      at: `${day} 10:30`,
      answer: { officerPresent: true, devices: [{ serial: device, result: 'passed' }] },
    },
    { task: 'agreeInstallation', by: technician, answer: { officerInstallAt: local('14:00') } },
    {
      task: 'bookInstallation',
      by: 'li.na',
      answer: { technician, from: local('14:00'), to: local('15:00'), backupAsked: true },
    },
    {
      task: 'returnItems',
      by: 'pan.mei',
      answer: { items: [spare], keeperSignature: paper('keeper'), holderSignature: paper('technician') },
    },
    { task: 'checkBackup', by: technician, at: `${day} 14:00`, answer: { backup: 'done' } },
    {
      task: 'install',
      by: technician,
      answer: {
        ...KIT,
        softwareVersion: 'V2.3.10',
        devices: [{ serial: device, result: 'installed', sample: paper('sample') }],
        explained: ['invoicing', 'voiding', 'filing', 'backup'],
        trainingOffered: true,
      },
    },
    {
      task: 'signContract',
      by: technician,
      answer: {
        contractNo: `HT-${errand.caseId}`,
        startOn: `2030-${day}`,
        endOn: `2031-${day}`,
        scope: ['hotline', 'remote', 'onSite', 'upgrade', 'training', 'spares'],
        standard: '工作日九点至十八点两小时内响应',
        breach: '未按约定时限服务的，退还当月服务费',
        signer: '严帆',
        signature: paper('contract'),
        stamped: true,
      },
    },
    {
      task: 'collectBalance',
      by: technician,
      answer: { paid: 720, means: 'cash', payerSignature: paper('payer') },
    },
    {
      task: 'handInMoney',
      by: 'zhao.min',
      at: `${day} 15:00`,
      answer: { received: 720, salesSlipNo: 'XH-0317', ...signed, financeSignature: paper('finance') },
    },
    {
      task: 'clearSlip',
      by: 'pan.mei',
      answer: { salesSlipNo: 'XH-0317', ...signed, keeperSignature: paper('keeper') },
    },
    { task: 'handInForm', by: 'gu.yun', answer: { ...signed, receiverSignature: paper('receiver') } },
    { task: 'receiveCode', by: 'gu.yun', at: `${day} 16:00`, answer: { code: '7F3A9C21B4' } },
    { task: 'tellCode', by: 'li.na', answer: { toldTo: '严帆', identityCheck: 'callback' } },
    { task: 'followUpActivation', by: 'li.na', answer: { state: 'inUse' } },
  ];
}

/** Gives one answer, at its time. */
export async function take(errand: Errand, step: Step): Promise<ActResult> {
  const { desk, caseId } = errand;
  if (step.at !== undefined) await desk.go(step.at);
  const result = await desk.api.complete(caseId, step.task, step.answer, step.by);
  await desk.settle();
  return result;
}

/** What a refusal says: its code and the fields it is about. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (error === null) return 'accepted';
  if (!(error instanceof DeskError)) throw error;
  return [error.code, ...(error.details.fields ?? []).map((line) => line.field)].join(' ');
}
/** The same answer with other words: what comes of each. */
export async function refusals(
  errand: Errand,
  step: Step,
  variants: Record<string, unknown>[],
): Promise<string[]> {
  const said: string[] = [];
  for (const more of variants) {
    const answer = { ...step.answer, ...more };
    said.push(await refusal(errand.desk.api.complete(errand.caseId, step.task, answer, step.by)));
  }
  return said;
}
/**
 * Gives answers as fast as the case takes them: the next one is given when the last is saved, whatever of it is still
 * being sent or filed. All of that is done in the end.
 */
export async function walk(errand: Errand, steps: readonly Step[]): Promise<void> {
  const { desk, caseId } = errand;
  for (const { task, answer, by, at: time } of steps) {
    if (time !== undefined) {
      await desk.settle();
      await desk.go(time);
    }
    await desk.api.complete(caseId, task, answer, by);
  }
  await desk.settle();
}

/** A step of a way with other words; fields not named stay. */
export function otherwise(way: Step[], task: string, answer: Record<string, unknown>): Step[] {
  if (!way.some((step) => step.task === task)) throw new Error(`no step ${task}`);
  return way.map((step) => (step.task === task ? { ...step, answer: { ...step.answer, ...answer } } : step));
}
/** Gives the answers before a task, so that it is open now. */
export async function walkTo(errand: Errand, way: Step[], task: string): Promise<Step> {
  const index = way.findIndex((step) => step.task === task);
  if (index < 0) throw new Error(`no step ${task}`);
  for (const step of way.slice(0, index)) await take(errand, step);
  const step = way[index]!;
  if (step.at !== undefined) await errand.desk.go(step.at);
  return step;
}
/** Gives the answers from a task on, itself included. */
export async function walkFrom(errand: Errand, way: Step[], task: string): Promise<void> {
  for (const step of way.slice(way.findIndex((each) => each.task === task))) await take(errand, step);
}

/** Whoever of the house looks after what comes back to a place. */
const KEEPERS: Record<string, string> = {
  warehouse: 'pan.mei',
  finance: 'zhao.min',
  technicalService: 'gu.yun',
};

/** What is still open when a case was cancelled, answered by the person whose it is. */
export function windUp(errand: Errand, task: TaskRow): Step {
  const { technician } = errand;
  const asked = task.context ?? {};
  switch (task.name) {
    case 'returnItems':
      return {
        task: task.key,
        // A machine is brought back by whoever has it.
        by: KEEPERS[task.role] ?? task.assignee!,
        answer: {
          items: asked['items'],
          keeperSignature: paper('keeper'),
          holderSignature: paper('technician'),
        },
      };
    case 'refund':
      return { task: task.key, by: 'zhao.min', answer: { amount: asked['amount'], reference: 'TK-2030-11' } };
    case 'callOffBureau':
      return { task: task.key, by: 'li.na', answer: {} };
    case 'undoByHand':
      return { task: task.key, by: 'chen.hui', answer: {} };
    case 'collectStamp':
      return { task: task.key, by: technician, answer: { proof: paper('stamped') } };
    default:
      throw new Error(`nobody winds up ${task.key} of ${errand.caseId}`);
  }
}

// ---------------------------------------------------------------- cancelled somewhere on the way

/** How many cases at a time keep two cores busy. */
const LANES = 6;

/** Runs work over a list, a few at a time: a case mostly waits for others. */
export async function inLanes<T>(list: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  const waiting = [...list];
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
    }),
  );
}

/** Who is asked for what when a case was cancelled: `returnItems pan.mei: device of technician → warehouse`. */
async function askedOf({ desk, caseId, technician }: Errand, task: TaskRow): Promise<string> {
  const { amount, items, holder, to } = (task.context ?? {}) as Record<string, unknown> & {
    items?: string[];
  };
  const named = (who: unknown) =>
    who === technician
      ? 'technician'
      : String(who)
          .replace(/customer\/.*/, 'customer')
          .replace('place/', '');
  const about = `${task.name} ${named(task.assignee)}`;
  if (items === undefined) return amount === undefined ? about : `${about}: ${String(amount)}`;
  const kinds = new Map(
    (await desk.office.ports.ledger.custody({ caseId })).map((held) => [held.item, held.kind]),
  );
  const what = items.map((item) => kinds.get(item)).sort();
  return `${about}: ${what.join(', ')} of ${named(holder)} → ${named(to)}`;
}

/** Answers whatever is open until the case is closed, and not before. Returns what was asked of whom. */
async function closeDown(errand: Errand): Promise<string[]> {
  const { desk, caseId } = errand;
  const asked: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    const { row, tasks } = await desk.file(caseId);
    if (row.status === 'closed') return asked.sort();
    const open = tasks.filter((task) => task.status === 'open');
    for (const task of open) asked.push(await askedOf(errand, task));
    for (const task of open) {
      const { status, outcome } = (await desk.file(caseId)).row;
      if (status !== 'closing' || outcome !== 'cancelled')
        throw new Error(`${caseId} is ${status}, ${outcome}, and ${task.key} is still open`);
      const step = windUp(errand, task);
      await desk.api.complete(caseId, step.task, step.answer, step.by);
    }
    await desk.settle();
    // Only messages are left: the next minute.
    if (open.length === 0) await desk.go(new Date(Date.parse(desk.now) + 60_000).toISOString());
  }
  throw new Error(`${caseId} does not close: ${(await desk.openTasks(caseId)).join(', ')}`);
}

/** What came of a cancellation, as far as two of the same case at the same step must be alike. */
export interface Cancelled {
  status: string;
  outcome: string | null;
  /** Messages to the customer about it, with what became of each and how often it was delivered. */
  told: [string, string, number | undefined][];
  /** Steps of the undo list in the order in which they were undone. */
  undone: unknown[];
  /** What was held when it was cancelled, and what left the hands it was in afterwards; each once. */
  held: string[];
  moved: unknown[];
  /** CNY. */
  refunded: number;
  /** Held, booked or open in the end. */
  left: string[];
}

/** Cancels a case where it stands, and lets everybody do what he is asked for. */
export async function cancelAndWindUp(
  errand: Errand,
  template: string,
): Promise<{ asked: string[]; came: Cancelled }> {
  const { desk, caseId } = errand;
  const { ledger } = desk.office.ports;
  // The voucher for a machine of his is with the customer until he has it back.
  const ours = async () =>
    (await ledger.custody({ caseId })).filter(
      ({ kind, holder }) => isOurs(kind, holder) || (kind === 'voucher' && holder.startsWith('customer/')),
    );
  const held = (await ours()).map(({ item }) => item).sort();
  await desk.act('cancelCase', caseId, { reason: '客户取消办理' }, 'chen.hui');
  const asked = await closeDown(errand);

  const { row, timeline, tasks } = await desk.file(caseId);
  const later = timeline.slice(timeline.findIndex((fact) => fact.what === 'cancelled') + 1);
  const told = await desk.messages(caseId, template);
  const filed = await desk.office.mailbox(caseId);
  return {
    asked,
    came: {
      status: row.status,
      outcome: row.outcome,
      told: told.map(({ key, status }) => [key, status, filed.find((item) => item.key === key)?.deliveries]),
      undone: later.filter(({ what }) => what === 'undone').map(({ data }) => data['step']),
      held,
      moved: later
        .filter(({ what }) => what === 'custodyMoved')
        .map(({ data }) => data['item'])
        .sort(),
      refunded: tasks
        .filter((task) => task.name === 'refund')
        .reduce((sum, task) => sum + Number(task.answer?.['amount']), 0),
      left: [
        ...(await ours()).map(({ item }) => item),
        ...(await ledger.bookings({ caseId }))
          .filter((booking) => booking.status === 'booked')
          .map(({ key }) => key),
        ...tasks.filter((task) => task.status === 'open').map(({ key }) => key),
      ],
    },
  };
}
