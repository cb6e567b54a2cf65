/**
 * Issuance and installation of special devices (公司发行安装服务流程) as plain data and decisions: values, task
 * definitions, what is still to be done with each device. Pure and without zod; the forms are in forms-issuance.ts.
 */
import { CASE_TASKS, HOLDING_TASKS, task, VISIT_TASKS } from './tasks.js';

export const DEVICE_FAMILIES = [
  'goldenTaxCard',
  'icCard',
  'cardReader',
  'goldenTaxDisk',
  'taxControlDisk',
  'reportDisk',
] as const;
export const RELATIONS = ['new', 'extension', 'replacement'] as const;
export const TAXPAYER_TYPES = ['general', 'smallScale'] as const;
export const INVOICE_KINDS = ['special', 'ordinary'] as const;
export const FEE_STATUS = ['unpaid', 'partial', 'paid'] as const;
export const EQUIPMENT_CHOICES = ['own', 'bought', 'none'] as const;
/** 已备份 / 新机无数据 / 不可能 / 未备份; the last one blocks (ISS-15, W23). */
export const BACKUP = ['done', 'newMachine', 'impossible', 'notDone'] as const;
export const PAYMENT_MEANS = ['cash', 'cheque', 'transfer', 'companyCode'] as const;
export const EXPLAINED = ['invoicing', 'voiding', 'filing', 'backup', 'precautions'] as const;
export const IDENTITY_CHECKS = ['callback', 'signature', 'companyMail', 'inPerson'] as const;
/** What a bureau may say to a time proposed by mail. */
export const BUREAU_ANSWERS = ['accept', 'otherTime', 'decline'] as const;
/** What becomes of devices that could not be installed: a case of their own, given up, or asked again later (W21). */
export const REST_DECISIONS = ['split', 'cancel', 'wait'] as const;

export type DeviceFamily = (typeof DEVICE_FAMILIES)[number];

/** Every task of an issuance, in the manual's order. */
export const ISSUANCE_TASKS = {
  prepare: task('prepare', 'agent', 'preparation', 'ISS-02'),
  requestBureau: task('requestBureau', 'agent', 'appointment', 'ISS-07'),
  awaitBureau: task('awaitBureau', 'agent', 'bureauCall', 'W28'),
  confirmBureau: task('confirmBureau', 'agent', 'appointment', 'ISS-07'),
  callBureau: task('callBureau', 'agent', 'bureauCall', 'ISS-07'),
  borrowDevices: task('borrowDevices', 'warehouse', null, 'ISS-08'),
  issueDevices: task('issueDevices', 'engineer', null, 'ISS-10'),
  awaitOfficer: task('awaitOfficer', 'engineer', 'officerWait', 'ISS-12'),
  afterClosing: task('afterClosing', 'warehouse', 'returnItems', 'D4'),
  agreeInstallation: task('agreeInstallation', 'engineer', 'agreeInstallation', 'ISS-13'),
  bookInstallation: task('bookInstallation', 'agent', 'appointment', 'ISS-14'),
  checkBackup: task('checkBackup', 'engineer', null, 'ISS-15'),
  install: task('install', 'engineer', null, 'ISS-17'),
  signContract: task('signContract', 'engineer', 'handIn', 'ISS-18'),
  collectBalance: task('collectBalance', 'engineer', 'handIn', 'ISS-19'),
  handInMoney: task('handInMoney', 'finance', 'handIn', 'ISS-21'),
  clearSlip: task('clearSlip', 'warehouse', 'handIn', 'ISS-22'),
  handInForm: task('handInForm', 'technicalService', 'handIn', 'ISS-23'),
  receiveCode: task('receiveCode', 'technicalService', 'featureCode', 'D6'),
  tellCode: task('tellCode', 'agent', 'telling', 'ISS-24'),
  followUpActivation: task('followUpActivation', 'agent', 'firstFollowUp', 'ISS-24'),
  // Beside the main line:
  agreeSplit: task('agreeSplit', 'agent', 'telling', 'W21'),
  callOffBureau: task('callOffBureau', 'agent', 'byHand', 'ISS-25'),
  moveInstallation: task('moveInstallation', 'agent', 'appointment', 'ISS-25'),
  returnToManufacturer: task('returnToManufacturer', 'warehouse', 'manufacturerAnswer', 'ISS-25'),
  ...CASE_TASKS,
  ...HOLDING_TASKS,
  ...VISIT_TASKS,
} as const;

/** One device of the order and how far it is; each passes or fails alone (W21). */
export interface DeviceLine {
  family: DeviceFamily;
  machineNo: number;
  relation: (typeof RELATIONS)[number];
  replacesSerial: string | null;
  /** The device that stands for this line: the borrowed one, or the spare that took its place. */
  serial: string | null;
  state: 'ordered' | 'borrowed' | 'issued' | 'installed' | 'failed';
}

/** A set taken along in case one fails (ISS-09); its family stands with what is held. */
export interface Spare {
  serial: string;
  used: boolean;
}

/** Families that are borrowed for an order, one serial for each line, in the order of the lines. */
export function wantedFamilies(lines: readonly DeviceLine[]): DeviceFamily[] {
  return lines.filter((line) => line.state === 'ordered').map((line) => line.family);
}

/** Why a set of borrowed serials does not fit an order, or null (ISS-08, ISS-09, D3). */
export function borrowProblem(
  lines: readonly DeviceLine[],
  given: readonly { use: 'customer' | 'spare'; machineNo?: number; serial: string }[],
  spares: number,
): string | null {
  const serials = given.map((line) => line.serial);
  const twice = serials.find((serial, i) => serials.indexOf(serial) !== i);
  if (twice !== undefined) return `${twice} stands on the slip twice`;
  const open = lines.filter((line) => line.state === 'ordered').map((line) => line.machineNo);
  const own = given.filter((line) => line.use === 'customer').map((line) => line.machineNo ?? 0);
  const missing = open.find((no) => !own.includes(no));
  if (missing !== undefined) return `no device for machine ${missing}`;
  const stranger = own.find((no) => !open.includes(no));
  if (stranger !== undefined) return `machine ${stranger} is not waiting for a device`;
  if (own.length !== open.length) return 'one device for each machine';
  const extra = given.length - own.length;
  return extra > spares ? `at most ${spares} spare sets a trip (D3)` : null;
}

/** Kit of a family: its own list, or the common one (ISS-16, D5). */
export function kitOf(
  kits: Readonly<Record<string, { version: string; items: readonly string[] }>>,
  families: readonly string[],
): { version: string; items: string[] } {
  const named = families.map((family) => kits[family] ?? kits['any']).filter((kit) => kit !== undefined);
  return {
    version: [...new Set(named.map((kit) => kit.version))].join(' + '),
    items: [...new Set(named.flatMap((kit) => kit.items))],
  };
}

/**
 * Divides the money of a case whose devices were installed in part, given what of the price falls on the others (W21):
 * what is due and paid for those that stay, and what was paid for the others.
 */
export function apart(due: number, paid: number, share: number): { due: number; paid: number; over: number } {
  const rest = balance(due, share);
  const over = balance(paid, rest);
  return { due: rest, paid: balance(paid, over), over };
}

/** What is still owed (D1): the price less what was paid, never below nothing. */
export function balance(due: number, paid: number): number {
  return Math.max(0, Math.round((due - paid) * 100) / 100);
}

/** The feature code never stands anywhere in full (D6): its end is enough to tell two of them apart. */
export function maskedCode(code: string): string {
  const characters = [...code];
  return `******${characters.length > 2 ? characters.slice(-2).join('') : ''}`;
}
