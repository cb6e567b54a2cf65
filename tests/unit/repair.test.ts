import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Calendars, Hours } from '../../domain/calendar.js';
import { repairForms, repairIntakeForm } from '../../domain/forms-repair.js';
import {
  contactExhausted,
  afterWorkshop,
  countFaults,
  dayPartOf,
  filingPeriodEnd,
  followUpTimes,
  inContract,
  INSPECTED,
  INSPECTION_STEPS,
  inspectionProblem,
  isSettled,
  nextCall,
  openFaults,
  type Attempt,
  type ContactRules,
  type FaultResult,
  type FoundFault,
  type Inspection,
} from '../../domain/repair.js';

const hours: Hours[] = [{ from: '09:00', to: '18:00' }];
const calendars: Calendars = {
  workdays: {
    name: 'workdays',
    offsetMinutes: 480,
    week: { mon: hours, tue: hours, wed: hours, thu: hours, fri: hours, sat: [], sun: [] },
    makeUp: hours,
    fromOn: '2030-01-01',
    horizonOn: '2030-12-31',
    // The labour-day holiday, Wednesday to Sunday; the week of National Day and the days before it.
    off: [
      '2030-05-01',
      '2030-05-02',
      '2030-05-03',
      '2030-05-04',
      '2030-05-05',
      ...Array.from({ length: 9 }, (_, i) => `2030-10-0${i + 1}`),
    ],
    work: [],
  },
};
/** Local time as an instant. */
const at = (day: string, time: string) => new Date(`2030-${day}T${time}:00+08:00`).toISOString();
const parts = { morning: '09:00', afternoon: '13:30', evening: '18:00', until: '20:00' };
const rules: ContactRules = { dayParts: 3, workdays: 2, parts };

describe('inspection order', () => {
  const inspected = fc.constantFrom(...INSPECTED);
  const steps = fc.record<Inspection>({ connections: inspected, software: inspected, hardware: inspected });

  it('ONS-12 W22 property: an inspection is in order exactly when what was left out is a tail without the first step', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const done = INSPECTION_STEPS.map((step) => given[step] !== 'notNeeded');
        const monotonic = done.every((each, i) => i === 0 || !each || done[i - 1]!);
        expect(inspectionProblem(given) === null).toBe(done[0]! && monotonic);
      }),
    );
  });

  it('ONS-12 property: leaving out one more step at the end never makes a good inspection bad', () => {
    fc.assert(
      fc.property(steps, (given) => {
        fc.pre(inspectionProblem(given) === null);
        expect(inspectionProblem({ ...given, hardware: 'notNeeded' })).toBeNull();
      }),
    );
  });

  it('ONS-12 names the step that came too late', () => {
    expect(inspectionProblem({ connections: 'normal', software: 'notNeeded', hardware: 'faulty' })).toBe(
      'hardware is inspected after software, which was left out',
    );
    expect(
      inspectionProblem({ connections: 'notNeeded', software: 'notNeeded', hardware: 'notNeeded' }),
    ).toBe('connections are always inspected first');
  });
});

describe('faults of a visit', () => {
  const fault = (no: number, result: FaultResult | null) => ({
    no,
    class: null,
    covered: true,
    price: 0,
    result,
  });

  it('W22 are settled when fixed or moved on, and by nothing else', () => {
    const results: FaultResult[] = ['solved', 'temporary', 'unsolved', 'takenAway', 'replace', 'notOurs'];
    expect(results.filter((result) => isSettled({ result }))).toEqual(['solved', 'notOurs']);
    expect(
      openFaults([fault(1, 'solved'), fault(2, null), fault(3, 'temporary')]).map(({ no }) => no),
    ).toEqual([2, 3]);
  });

  it('ONS-09 lie within the contract up to and with its last day', () => {
    expect(inContract('within', '2030-03-31', '2030-03-31')).toBe(true);
    expect(inContract('within', '2030-03-31', '2030-04-01')).toBe(false);
    expect(inContract('within', null, '2030-04-01')).toBe(true);
    expect(inContract('outside', '2030-12-31', '2030-04-01')).toBe(false);
    expect(inContract('none', null, '2030-04-01')).toBe(false);
  });
});

describe('calling a customer who does not answer', () => {
  const tried = (...calls: [string, string][]): Attempt[] =>
    calls.map(([day, time]) => {
      const instant = at(day, time);
      return { at: instant, on: `2030-${day}`, part: dayPartOf(instant, parts, 480), by: 'wang.lei' };
    });
  const next = (attempts: Attempt[], now: string) => {
    const { part, from, until } = nextCall(calendars, 'workdays', attempts, now, rules, 480);
    return [part, from, until];
  };

  it('D7 knows the parts of a day; before nine is morning, after six is evening', () => {
    const part = (time: string) => dayPartOf(at('03-18', time), parts, 480);
    expect(['08:30', '09:00', '13:29', '13:30', '17:59', '18:00', '20:30'].map(part)).toEqual([
      'morning',
      'morning',
      'morning',
      'afternoon',
      'afternoon',
      'evening',
      'evening',
    ]);
  });

  it('ONS-07 D7 goes on in a part of the day not tried, then on another day', () => {
    const morning = tried(['03-18', '09:30']);
    expect(next(morning, at('03-18', '09:30'))).toEqual([
      'afternoon',
      at('03-18', '13:30'),
      at('03-18', '18:00'),
    ]);
    const all = tried(['03-18', '09:30'], ['03-18', '14:00'], ['03-18', '18:30']);
    expect(next(all, at('03-18', '18:30'))).toEqual(['morning', at('03-19', '09:00'), at('03-19', '13:30')]);
  });

  it('ONS-07 never calls on a day off, nor in a part that is over', () => {
    const friday = tried(['03-22', '18:10']);
    expect(next(friday, at('03-22', '19:59'))).toEqual([
      'morning',
      at('03-25', '09:00'),
      at('03-25', '13:30'),
    ]);
    const eve = tried(['04-30', '14:00']);
    expect(next(eve, at('04-30', '20:01'))).toEqual(['morning', at('05-06', '09:00'), at('05-06', '13:30')]);
  });

  it('D7 property: following the plan ends, after as many parts and days as the rules ask, never twice in one part', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 * 1440 }), (minutes) => {
        let now = new Date(Date.parse(at('03-18', '00:00')) + minutes * 60_000).toISOString();
        const attempts: Attempt[] = [];
        while (!contactExhausted(attempts, rules)) {
          const call = nextCall(calendars, 'workdays', attempts, now, rules, 480);
          expect(call.until > now).toBe(true);
          now = call.from > now ? call.from : now;
          const on = new Date(Date.parse(now) + 480 * 60_000).toISOString().slice(0, 10);
          expect(attempts.some((attempt) => attempt.on === on && attempt.part === call.part)).toBe(false);
          attempts.push({ at: now, on, part: call.part, by: 'wang.lei' });
          expect(attempts.length).toBeLessThanOrEqual(rules.dayParts + rules.workdays);
        }
        expect(new Set(attempts.map(({ part }) => part)).size).toBe(3);
        expect(new Set(attempts.map(({ on }) => on)).size).toBeGreaterThanOrEqual(2);
      }),
    );
  });
});

describe('filing period', () => {
  const ends = ['2030-02-25', '2030-03-15', '2030-04-18'];
  it('W13 runs from the first of its month to the published day', () => {
    expect(filingPeriodEnd(ends, '2030-03-01')).toBe('2030-03-15');
    expect(filingPeriodEnd(ends, '2030-03-15')).toBe('2030-03-15');
    expect(filingPeriodEnd(ends, '2030-03-16')).toBeNull();
    expect(filingPeriodEnd(ends, '2030-12-01')).toBeNull();
    expect(filingPeriodEnd(undefined, '2030-03-01')).toBeNull();
  });
});

describe('follow-up within a week', () => {
  const times = (endedAt: string) =>
    followUpTimes(calendars, 'workdays', endedAt, { plannedDay: 3, dueDays: 7 }, 480);

  it('ONS-26 D9 is planned on the third day and due a week later at the same time', () => {
    expect(times(at('03-18', '16:30'))).toEqual({
      plannedAt: at('03-21', '09:00'),
      dueAt: at('03-25', '16:30'),
    });
  });

  it('D9 a day off brings the plan forward', () => {
    // Ended on a Thursday: the third day is a Sunday, so Friday.
    expect(times(at('03-21', '11:00')).plannedAt).toBe(at('03-22', '09:00'));
  });

  it('D9 a due day that is off brings the deadline forward to the last workday before it', () => {
    // A week after 25 April is 2 May, within the holiday: 30 April is the last workday.
    expect(times(at('04-25', '15:00'))).toEqual({
      plannedAt: at('04-26', '09:00'),
      dueAt: at('04-30', '18:00'),
    });
  });

  it('W9 the eve of a holiday: the first workday after it, still within the week', () => {
    expect(times(at('04-30', '17:00'))).toEqual({
      plannedAt: at('05-06', '09:00'),
      dueAt: at('05-07', '17:00'),
    });
  });

  it('W9 a week without a workday: its last day, for whoever is on call', () => {
    expect(times(at('09-30', '17:00'))).toEqual({
      plannedAt: at('10-07', '09:00'),
      dueAt: at('10-07', '17:00'),
    });
  });

  it('ONS-26 property: after the day of the visit and never past one week', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 * 1440 }), (minutes) => {
        const ended = new Date(Date.parse('2030-01-02T00:00:00+08:00') + minutes * 60_000).toISOString();
        const { plannedAt, dueAt } = times(ended);
        const weekLater = new Date(Date.parse(ended) + 7 * 86_400_000).toISOString();
        expect(dueAt <= weekLater).toBe(true);
        expect(plannedAt <= dueAt).toBe(true);
        expect(plannedAt > ended).toBe(true);
      }),
    );
  });
});

describe('counting faults', () => {
  const found = (
    caseId: string,
    no: number,
    day: string,
    result: FaultResult,
    kind = 'software',
  ): FoundFault => ({
    caseId,
    no,
    at: at(day, '15:00'),
    class: kind,
    product: no === 1 ? 'goldenTaxDisk' : null,
    region: caseId === 'W1' ? 'xihu' : null,
    result,
  });
  const all = [
    found('W1', 1, '03-18', 'unsolved'),
    found('W1', 2, '03-18', 'solved', 'printing'),
    found('W1', 1, '03-20', 'solved'),
    found('W2', 1, '03-21', 'notOurs'),
    found('W3', 1, '03-22', 'temporary'),
  ];

  it('ONS-24 counts a fault of several visits once, as the last one left it', () => {
    expect(countFaults(all, 'class')).toEqual([
      { key: 'software', faults: 3, percent: 75, solved: 1, open: 1, movedOn: 1, visits: 4, cases: 3 },
      { key: 'printing', faults: 1, percent: 25, solved: 1, open: 0, movedOn: 0, visits: 1, cases: 1 },
    ]);
  });

  it('ONS-24 ONS-15 a fault taken to the workshop is solved when the machine is back and works', () => {
    const taken = [
      found('W4', 1, '03-18', 'takenAway', 'hardware'),
      found('W5', 1, '03-18', 'takenAway', 'hardware'),
      found('W6', 1, '03-25', 'takenAway', 'hardware'),
    ];
    const back = [
      { caseId: 'W4', at: at('03-20', '10:00'), works: true },
      { caseId: 'W5', at: at('03-20', '10:00'), works: false },
      // An earlier one of that customer's, not this one.
      { caseId: 'W6', at: at('03-20', '10:00'), works: true },
    ];
    expect(countFaults(afterWorkshop(taken, back), 'class')).toMatchObject([
      { key: 'hardware', faults: 3, solved: 1, open: 2, visits: 3 },
    ]);
  });

  it('ONS-24 counts by product and region, what is not named under a dash', () => {
    expect(countFaults(all, 'product').map(({ key, faults }) => [key, faults])).toEqual([
      ['goldenTaxDisk', 3],
      ['-', 1],
    ]);
    expect(countFaults(all, 'region').map(({ key, faults }) => [key, faults])).toEqual([
      ['-', 2],
      ['xihu', 2],
    ]);
    expect(countFaults([], 'class')).toEqual([]);
  });
});

describe('forms', () => {
  const intake = {
    customer: 'qingshan',
    caller: '方晴',
    taxSubBureau: 'xihu-bureau',
    symptom: '打印错位',
    diagnosis: {
      readerLamp: { value: 'green' },
      memory: { value: '512M' },
      printerDriver: { skipped: 'notConcerned' },
      cardDate: { value: '2030-03-18' },
      filingStart: { value: '2030-03-01' },
      accountingMonth: { value: '2030-02' },
    },
  };
  const intakeOk = (change: object) => repairIntakeForm('edge').safeParse({ ...intake, ...change }).success;

  it('HOT-05 asks every step of the diagnosis: a value, or why it was skipped', () => {
    const { memory: _, ...without } = intake.diagnosis;
    expect(intakeOk({})).toBe(true);
    expect(intakeOk({ diagnosis: without })).toBe(false);
    expect(intakeOk({ diagnosis: { ...intake.diagnosis, memory: {} } })).toBe(false);
    expect(intakeOk({ diagnosis: { ...intake.diagnosis, memory: { value: '1G', skipped: 'other' } } })).toBe(
      false,
    );
    expect(Object.keys(intake.diagnosis)).toEqual(
      Object.keys(repairIntakeForm('core').shape.diagnosis.shape),
    );
  });

  it('HOT-04 records customer, caller and sub-bureau first; W13 serials are kept in capitals', () => {
    expect(intakeOk({ caller: undefined })).toBe(false);
    expect(intakeOk({ taxSubBureau: undefined })).toBe(false);
    expect(repairIntakeForm('edge').parse({ ...intake, serials: ['jsp-1'] }).serials).toEqual(['JSP-1']);
  });

  it('HOT-06 a fault that is simulated has a named person', () => {
    const form = repairForms('edge').helpRemotely;
    expect(form.safeParse({ result: 'simulate', tried: '重启' }).success).toBe(false);
    expect(form.safeParse({ result: 'simulate', tried: '重启', engineer: 'wang.lei' }).success).toBe(true);
    expect(form.safeParse({ result: 'solved', tried: '重启' }).success).toBe(true);
  });
});

describe('the form of a visit', () => {
  const form = repairForms('edge').repairOnSite;
  const fault = {
    no: 1,
    description: '读卡器红灯',
    class: 'hardware',
    cause: '接触不良',
    covered: true,
    steps: { connections: 'faulty', software: 'notNeeded', hardware: 'notNeeded' },
    treatment: ['adjusted'],
    result: 'solved',
  };
  const issues = (answer: object) =>
    form.safeParse(answer).error?.issues.map((issue) => issue.path.join('.')) ?? [];

  it('ONS-11 takes no fault without its symptom and its cause', () => {
    expect(issues({ faults: [fault], tidied: true })).toEqual([]);
    const { cause: _, ...silent } = fault;
    expect(issues({ faults: [silent], tidied: true })).toEqual(['faults.0.cause']);
    expect(issues({ faults: [{ ...fault, description: '' }], tidied: true })).toEqual([
      'faults.0.description',
    ]);
  });

  it('ONS-16 is not in order before the place is tidy', () => {
    expect(issues({ faults: [fault] })).toEqual(['tidied']);
    expect(issues({ faults: [fault], tidied: false })).toEqual(['tidied']);
  });
});
