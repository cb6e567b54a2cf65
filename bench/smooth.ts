/**
 * The smooth complaint that is measured: taken on the phone and acknowledged on the spot, then seven steps by four
 * people, three messages to the customer, one filed form. The way of `examples/scenarios/smooth.yaml`.
 */
import type { Config } from '../runtime/config.js';
import type { LoadedPolicy } from '../client/api.js';
import { loadPolicy, policyPath } from '../client/policy.js';

export interface Step {
  task: string;
  by: string;
  answer: Record<string, unknown>;
}

const DAY_MS = 86_400_000;

/** What the customer complains about; every second one prefers mail, and each is somebody else (no repeat, W35). */
export function intakeOf(number: number) {
  const contact = number % 2 === 0 ? 'sms' : 'mail';
  return {
    complainant: {
      name: `顾客${number}`,
      phone: `138${String(10_000_000 + number).padStart(8, '0')}`,
      mail: `customer-${number}@example.com`,
      channel: contact,
    },
    problemType: 'productQuality',
    matter: '打印头漏墨，发票看不清',
    demand: ['repair'],
    amountDisputed: 300,
    acknowledged: { grade: 'general', text: '已登记，今天下班前答复' },
  };
}

/** The human steps in order. @param at the present of the case, in milliseconds */
export function stepsAt(at: number): Step[] {
  return [
    { task: 'investigate', by: 'li.na', answer: { finding: 'partlyFounded', cause: '密封圈老化' } },
    { task: 'reportToHead', by: 'li.na', answer: { reportedTo: 'he.jing' } },
    {
      task: 'planResolution',
      by: 'li.na',
      answer: {
        options: ['repair'],
        plan: '上门更换密封圈',
        responsible: 'wang.lei',
        dueAt: new Date(at + DAY_MS).toISOString(),
        apology: 'given',
      },
    },
    { task: 'agreeResolution', by: 'li.na', answer: { customerReply: 'agreed' } },
    { task: 'carryOut', by: 'wang.lei', answer: { treatment: '已更换并当面检测', proof: '服务单 0305-17' } },
    {
      task: 'tellResult',
      by: 'li.na',
      answer: { result: '已更换密封圈，测试正常', apology: 'given', prevention: '列入季度巡检' },
    },
    { task: 'confirmSatisfaction', by: 'zhang.wei', answer: { verdict: 'satisfied' } },
  ];
}

/** What the floor has to do to ask the same of the engine. */
export const STEPS = 7;
/** Messages go when it is received, proposed and told. */
export const SEND_AFTER = [0, 3, 6];
/** The handling form is filed before the customer is asked whether he is satisfied. */
export const FILE_AFTER = 6;

/**
 * The product's own policy, but for what would hold messages back: a run must not depend on the hour it is made at,
 * and its customers hear in a second what others hear in a week.
 */
export function benchPolicy(
  config: Pick<Config, 'policyPath' | 'packageRoot'>,
  holidays?: string,
): Promise<LoadedPolicy> {
  return loadPolicy(policyPath(config), {
    ...(holidays === undefined ? {} : { holidays }),
    overlay: {
      messages: { quietHours: { from: '00:00', to: '00:00' }, perMinute: 1000, perHour: 1000, perDay: 1000 },
    },
  });
}
