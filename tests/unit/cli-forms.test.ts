import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DeskError } from '../../client/api.js';
import { checkFiles, everyField, fieldsOf, instantText, parseAnswers, suggest } from '../../client/forms.js';
import { day, formIssues } from '../../domain/forms.js';
import { complaintForms, complaintIntakeForm } from '../../domain/forms-complaint.js';
import { repairForms } from '../../domain/forms-repair.js';
import { explainRefusal } from '../../client/cli/answers.js';

const forms = complaintForms('edge');

function refusal(run: () => unknown): DeskError {
  try {
    run();
  } catch (error) {
    return error as DeskError;
  }
  throw new Error('was not refused');
}

describe('fields of a form', () => {
  it('gives names, kinds, defaults and limits in the order of the form', () => {
    const fields = fieldsOf(forms.acknowledge);
    expect(fields[0]).toEqual({
      name: 'grade',
      label: 'grade',
      required: true,
      kind: 'choice',
      allowed: ['major', 'important', 'general'],
      personal: false,
    });
    expect(fields.find((field) => field.name === 'reason')).toMatchObject({
      kind: 'text',
      maxLength: 200,
      personal: true,
    });
    expect(fields.find((field) => field.name === 'amountDisputed')).toMatchObject({
      kind: 'number',
      allowed: ['unknown'],
    });
    expect(fields.find((field) => field.name === 'promiseAt')).toMatchObject({
      kind: 'instant',
      required: false,
    });
    expect(fields.find((field) => field.name === 'means')).toMatchObject({
      kind: 'choice',
      default: 'phone',
    });
  });

  it('knows files, staff, lists of choices and plain lists', () => {
    expect(fieldsOf(forms.carryOut).find((field) => field.name === 'proof')).toMatchObject({
      kind: 'file',
      required: true,
    });
    const plan = fieldsOf(forms.planResolution);
    expect(plan.find((field) => field.name === 'responsible')).toMatchObject({ kind: 'staff' });
    expect(plan.find((field) => field.name === 'options')).toMatchObject({ kind: 'choices', required: true });
    expect(fieldsOf(forms.confirmSatisfaction).find((field) => field.name === 'points')).toMatchObject({
      kind: 'list',
    });
  });

  it('names the fields of a block with a dot, and none of an optional block is required', () => {
    const fields = fieldsOf(complaintIntakeForm('edge'));
    expect(fields.find((field) => field.name === 'complainant.phone')).toMatchObject({ required: false });
    expect(fields.find((field) => field.name === 'acknowledged.grade')).toMatchObject({ required: false });
    expect(fields.some((field) => field.name === 'contact')).toBe(false);
  });

  it('shows what may stand in the blocks of a list, and in theirs', () => {
    const fields = everyField(fieldsOf(repairForms('edge').repairOnSite));
    const named = (name: string) => fields.find((field) => field.name === name);
    expect(named('faults')).toMatchObject({ kind: 'list', required: true });
    expect(named('faults[].class')).toMatchObject({
      kind: 'choice',
      required: true,
      allowed: expect.arrayContaining(['hardware', 'specialDevice']) as string[],
    });
    expect(named('faults[].steps.software')).toMatchObject({ kind: 'choice', required: true });
    expect(named('faults[].parts[].qty')).toMatchObject({ kind: 'number', default: 1 });
    expect(named('replacement.devices[].family')).toMatchObject({ kind: 'choice' });
  });

  it('says of a refused field within a list what it takes', () => {
    const refused = new DeskError('task.answerInvalid', 'repairOnSite: not in order', {
      fields: [{ field: 'faults.1.steps.software', message: 'Invalid option' }],
    });
    expect(explainRefusal(refused, repairForms('edge').repairOnSite)).toMatchObject({
      details: {
        fields: [{ message: expect.stringMatching(/^Invalid option; takes .*normal \|/) as string }],
      },
    });
  });

  it('has no form with a field an operator could not be asked for', () => {
    for (const [name, form] of Object.entries(forms)) {
      for (const field of fieldsOf(form)) expect(field.kind, `${name}.${field.name}`).toBeDefined();
    }
  });
});

describe('answers typed as key=value', () => {
  it('coerces by the type of the field and takes local times', () => {
    const answer = parseAnswers(
      forms.planResolution,
      [
        'options=repair,apology',
        'plan=replace head',
        'responsible=wang.lei',
        'dueAt=2030-03-05 17:00',
        'compensation=120.50',
      ],
      { offsetMinutes: 480 },
    );
    expect(answer).toEqual({
      options: ['repair', 'apology'],
      plan: 'replace head',
      responsible: 'wang.lei',
      dueAt: '2030-03-05T17:00:00+08:00',
      compensation: 120.5,
    });
    expect(forms.planResolution.safeParse(answer).success).toBe(true);
  });

  it('repeats lists, nests dotted keys, keeps = in values', () => {
    expect(
      parseAnswers(complaintIntakeForm('edge'), [
        'demand=repair',
        'demand=refund',
        'complainant.phone=01058810000',
      ]),
    ).toEqual({
      demand: ['repair', 'refund'],
      complainant: { phone: '01058810000' },
    });
    expect(parseAnswers(forms.acknowledge, ['reason=a=b', 'safety=no', 'amountDisputed=unknown'])).toEqual({
      reason: 'a=b',
      safety: false,
      amountDisputed: 'unknown',
    });
  });

  it('suggests, never corrects: an unknown key, an unknown choice', () => {
    const key = refusal(() => parseAnswers(forms.acknowledge, ['grde=major']));
    expect(key).toMatchObject({ code: 'usage.answer', exit: 64 });
    expect(key.message).toContain('did you mean grade?');
    const choice = refusal(() => parseAnswers(forms.acknowledge, ['grade=importnt']));
    expect(choice.message).toContain('did you mean important?');
    expect(choice.details.remedy).toBe('grade takes major | important | general');
  });

  it('tells everything that is wrong at once', () => {
    const wrong = refusal(() =>
      parseAnswers(forms.acknowledge, ['grde=major', 'safety=perhaps', 'reason=x']),
    );
    expect(wrong.details.fields?.map(({ field }) => field)).toEqual(['grde', 'safety']);
    expect(wrong.message).toContain('did you mean grade?');
    expect(wrong.message).toContain('neither yes nor no');
  });

  it.each(['grade', '=major', 'safety=perhaps', 'amountDisputed=much', 'promiseAt=tomorrow'])(
    'refuses %s',
    (pair) => {
      expect(refusal(() => parseAnswers(forms.acknowledge, [pair], { offsetMinutes: 480 })).exit).toBe(64);
    },
  );
});

describe('what is wrong with an answer, in plain words', () => {
  const wrong = (form: z.ZodType, answer: unknown) => {
    const parsed = form.safeParse(answer);
    return parsed.success ? [] : formIssues(parsed.error).map(({ field, message }) => `${field}: ${message}`);
  };

  it('of a real form', () => {
    expect(wrong(forms.carryOut, { treatment: '', proof: 7, remark: 'x', note: 3 })).toEqual([
      'treatment: may not be empty',
      'proof: must be a block of fields, or text, in quotes',
      'remark: no such field',
      'note: no such field',
    ]);
    expect(wrong(forms.carryOut, {})).toEqual(['treatment: is missing', 'proof: is missing']);
    expect(wrong(forms.acknowledge, { grade: 'x', text: 'y'.repeat(2000) })).toEqual([
      'grade: must be major | important | general',
      'text: at most 200 characters; attach longer text as a file',
    ]);
  });

  it('of every kind of field, never as zod says it', () => {
    const form = z.strictObject({
      yes: z.literal(true),
      at: z.iso.datetime({ offset: true }),
      day: day(),
      list: z.array(z.string()).min(1),
      block: z.strictObject({ a: z.string() }),
      count: z.number().int().min(2).max(5),
      long: z.string().max(3),
      either: z.union([z.number(), z.literal('unknown')]),
    });
    const answer = {
      yes: false,
      at: 'now',
      day: '2030-13-01',
      list: [],
      block: 'x',
      count: 9,
      long: 'abcd',
      either: 'much',
    };
    expect(wrong(form, answer)).toEqual([
      'yes: must be yes',
      'at: must be a time with its offset, as 2030-03-04T09:00:00+08:00',
      'day: a day, YYYY-MM-DD',
      'day: no such day',
      'list: may not be empty',
      'block: must be a block of fields',
      'count: must be 5 at most',
      'long: must have 3 characters at most',
      'either: must be a number, or unknown',
    ]);
    expect(wrong(form, { ...answer, block: { b: 1 }, count: '9' })).toEqual(
      expect.arrayContaining(['block.a: is missing', 'block.b: no such field', 'count: must be a number']),
    );
    expect(wrong(form, 'x')).toEqual(['(form): must be a block of fields']);
  });

  it('says what a block takes, and what a day is; the same only once', () => {
    const refused = (field: string, message: string, form: z.ZodType) =>
      (
        explainRefusal(
          new DeskError('task.answerInvalid', 'x', { fields: [{ field, message }] }),
          form,
        ) as DeskError
      ).details.fields![0]!.message;
    const form = z.strictObject({
      lamp: z.strictObject({ colour: z.string(), note: z.string() }),
      on: day(),
    });
    expect(refused('lamp', 'must be a block of fields', form)).toBe(
      'must be a block of fields; takes { colour, note }',
    );
    expect(refused('on', 'no such day', form)).toBe('no such day; takes a day, YYYY-MM-DD');
    expect(refused('on', 'a day, YYYY-MM-DD', form)).toBe('a day, YYYY-MM-DD');
    const twice = refusal(() => parseAnswers(forms.acknowledge, ['grde=major', 'sfety=no']));
    expect(twice.details.remedy?.match(/fields: grade/g)).toHaveLength(1);
  });
});

describe('files of an answer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-files-'));
  const [full, empty] = ['full.bin', 'empty.bin'].map((name) => join(folder, name)) as [string, string];
  writeFileSync(full, 'x');
  writeFileSync(empty, '');
  afterAll(() => rmSync(folder, { recursive: true }));
  const proof = fieldsOf(forms.carryOut);
  const check = async (value: unknown) => checkFiles(proof, { proof: value });

  it.each(['receipt.pdf', 'scan/photo.JPG', full])('%s without @ is refused', async (name) => {
    await expect(check(name)).rejects.toMatchObject({
      code: 'usage.file',
      exit: 64,
      message: `proof: a file is given with @: proof=@${name}`,
    });
  });
  it('takes a line of text, and a file that has something in it', async () => {
    await check('told on the phone, see receipt.pdf');
    await check('王雷');
    await check(`@${full}`);
  });
  it.each([`@${empty}`, { file: empty }])('%s is empty', async (value) => {
    await expect(check(value)).rejects.toThrow('proof: empty.bin is empty');
  });
  it('also within the blocks of a list', async () => {
    const fields = fieldsOf(repairForms('edge').repairOnSite);
    const answer = { faults: [{}, { consent: `@${folder}` }] };
    await expect(checkFiles(fields, answer)).rejects.toThrow('faults.1.consent: cannot read');
  });
});

describe('words and times', () => {
  it('suggests what is near and nothing that is far', () => {
    expect(suggest('acknowlege', Object.keys(forms))).toBe('acknowledge');
    expect(suggest('investgate', Object.keys(forms))).toBe('investigate');
    expect(suggest('zzzzzzz', Object.keys(forms))).toBeNull();
  });

  it('reads a time with offset, and one without only where the zone is known', () => {
    expect(instantText('2030-03-04T18:00+08:00', undefined)).toBe('2030-03-04T18:00:00+08:00');
    expect(instantText('2030-03-04 18:00', 480)).toBe('2030-03-04T18:00:00+08:00');
    expect(instantText('2030-03-04 18:00', undefined)).toBeNull();
    expect(instantText('2030-13-04T18:00', 480)).toBeNull();
  });
});
