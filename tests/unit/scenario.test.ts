import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../runtime/config.js';
import {
  minutesOf,
  parseScenario,
  percentOf,
  ScenarioError,
  scenarioJsonSchema,
} from '../../simulation/scenario.js';

const NOW = new Date('2026-11-22T00:00:00Z');

function scenario(steps: string, head = ''): string {
  return `schema: aftercare.scenario/1
title: A title
startAt: "2030-03-04T09:00:00+08:00"
${head}steps:
${steps}`;
}

function problemsOf(text: string): string[] {
  try {
    parseScenario(text, 'a.yaml', NOW);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

describe('a scenario file', () => {
  it('reads every kind of step, with anchors and with the line of each', () => {
    const read = parseScenario(
      scenario(
        `  - open: complaint
    as: leaky
    by: li.na
    input: {}
    expect:
      tasks.acknowledge: { role: agent, dueAt: "2030-03-04T09:30:00+08:00" }
      messages: [{ template: cmp.received, times: 1 }]
  - wait: 1h30m
  - waitUntil: { task: acknowledge, at: 80%, within: 10d }
  - waitUntil: "2030-03-05T09:00:00+08:00"
  - complete: acknowledge
    in: leaky
    by: li.na
    answer: *graded
    refused: task.roleNotAllowed
  - { do: raiseLevel, by: li.na, with: { reason: x } }
  - { outage: mail, for: 3h }
  - { crash: worker, at: mailAccepted }
  - expect: { status: closed, replay: match, not: { timeline: [{ what: messageFailed }] } }
`,
        'answers: { graded: &graded { grade: general } }\nrules: [CMP-03, W1, D13]\n',
      ),
      'folder/a.yaml',
      NOW,
    );
    expect(read.steps.map((step) => step.kind)).toEqual([
      ...['open', 'wait', 'waitUntil', 'waitUntil', 'complete', 'do', 'outage', 'crash', 'expect'],
    ]);
    expect(read.steps[4]).toMatchObject({ answer: { grade: 'general' }, line: 17 });
    expect(read.lineOf(0, ['expect', 'messages', 0])).toBe(13);
    expect(read.startAt.toISOString()).toBe('2030-03-04T01:00:00.000Z');
    expect(read.rules).toEqual(['CMP-03', 'W1', 'D13']);
  });

  it('refuses unknown keys with file, line, field and a suggestion', () => {
    expect(problemsOf(scenario('  - { wait: 20m, expct: {} }\n'))).toEqual([
      'a.yaml:5 steps[0].expct: unknown key "expct"; did you mean "expect"?; allowed: wait, expect, in',
    ]);
    expect(problemsOf(scenario('  - { wait: 20m }\n', 'polcy: x.yaml\n'))[0]).toMatch(
      /^a\.yaml:4 polcy: unknown key "polcy"; did you mean "policy"\?/,
    );
    expect(problemsOf(scenario('  - { waitt: 20m }\n'))[0]).toMatch(
      /^a\.yaml:5 steps\[0\]: "waitt" is not a step; did you mean "wait"\?; allowed: open, wait/,
    );
    const wrong = problemsOf(
      scenario(`  - expect:
      tasks.acknowledge: { rol: agent }
      stauts: open
      messages: [{ template: x, tims: 1 }]
      not: { timeline: [{ what: massageFailed }] }
`),
    );
    expect(wrong).toHaveLength(4);
    expect(wrong[0]).toMatch(
      /^a\.yaml:6 steps\[0\]\.expect\.tasks\.acknowledge\.rol: unknown key "rol".*"role"/,
    );
    expect(wrong[1]).toMatch(/^a\.yaml:7 steps\[0\]\.expect\.stauts: unknown key "stauts".*"status"/);
    expect(wrong[2]).toMatch(/^a\.yaml:8 .*tims: unknown key "tims".*"times"/);
    expect(wrong[3]).toMatch(/^a\.yaml:9 .*"massageFailed" is not allowed.*"messageFailed"/);
  });

  it('names what is missing or has the wrong form', () => {
    expect(problemsOf(scenario('  - { open: complaint, input: {} }\n'))).toEqual([
      'a.yaml:5 steps[0].by: missing; needed: string',
    ]);
    expect(problemsOf(scenario('  - { wait: 20 minutes }\n'))[0]).toContain('a length such as 20m, 3h, 10d');
    expect(problemsOf(scenario('  - { waitUntil: tomorrow }\n'))[0]).toContain('an instant with offset');
    expect(problemsOf(scenario('  - { crash: worker, at: lunch }\n'))[0]).toContain(
      '"lunch" is not allowed; allowed: mailAccepted, ledgerCommitted, intakeWritten',
    );
    expect(problemsOf('schema: aftercare.scenario/2\ntitle: x\n')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^a\.yaml:1 schema: .*aftercare\.scenario\/1/)]),
    );
    expect(problemsOf('title: [')[0]).toMatch(/^a\.yaml:1 \(yaml\)/);
  });

  it('refuses a start in the past and steps about cases that nobody opened', () => {
    const past = scenario('  - { wait: 20m }\n').replace('2030-03-04', '2020-03-04');
    expect(problemsOf(past)).toEqual([
      'a.yaml:3 startAt: 2020-03-04T09:00:00+08:00 is past; a scenario starts in the future',
    ]);
    const open = '  - { open: complaint, as: leaky, by: li.na, input: {} }\n';
    expect(problemsOf(scenario(`${open}  - { wait: 20m, in: leeky }\n`))).toEqual([
      'a.yaml:6 steps[1].in: no case "leeky" is open; did you mean "leaky"?; opened so far: leaky',
    ]);
    expect(problemsOf(scenario(open + open))[0]).toMatch(
      /^a\.yaml:6 steps\[1\]\.as: a case "leaky" is open already/,
    );
  });

  it('knows lengths and percents', () => {
    expect(['20m', '3h', '10d', '1h30m', '2d12h'].map(minutesOf)).toEqual([20, 180, 14_400, 90, 3_600]);
    expect(['20', '3w', '1.5h', ''].map(minutesOf)).toEqual([null, null, null, null]);
    expect(['80%', 'breach', '200%', '80'].map(percentOf)).toEqual([80, 100, 200, null]);
  });

  it('has a JSON Schema for editors that is not stale', () => {
    const file = join(packageRoot(), 'examples', 'scenario.schema.json');
    expect(JSON.parse(readFileSync(file, 'utf8')), 'run: node dist/simulation/schema-main.js').toEqual(
      JSON.parse(JSON.stringify(scenarioJsonSchema())),
    );
  });
});
