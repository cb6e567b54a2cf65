import { z } from 'zod';
import { EXIT } from '../../api.js';
import { command } from '../command.js';
import { readInput } from '../answers.js';
import { UsageError } from '../errors.js';

const day = z.iso.date();
const holidays = z.strictObject({
  schema: z.literal('aftercare.calendar/1'),
  id: z.string(),
  version: z.string(),
  sourceUrl: z.string(),
  zone: z.string(),
  offsetMinutes: z.number().int(),
  fromOn: day,
  horizonOn: day,
  off: z.array(day),
  work: z.array(day),
  filingPeriodEnds: z.array(day).optional(),
  note: z.string().optional(),
});

export default command({
  name: 'calendar check',
  group: 'Rules',
  summary: 'is a holiday file sound: days in range, none both off and worked, make-up days on weekends',
  examples: [
    'aftercare calendar check policy/calendars/cn-2026.json',
    'aftercare calendar check policy/calendars/cn-2026.json --json',
  ],
  positional: { field: 'file', value: 'FILE' },
  input: z.strictObject({ file: z.string().min(1).describe('a holiday file') }),
  async run(ctx, { file }) {
    const { out } = ctx;
    let json: unknown;
    try {
      json = JSON.parse(readInput(file));
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError('usage.file', `${file}: ${(error as Error).message}`, 'one JSON object', 'FILE');
    }
    const parsed = holidays.safeParse(json);
    const problems = parsed.success
      ? problemsOf(parsed.data)
      : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    const data = parsed.data;
    out.either({ ok: problems.length === 0, file, problems, horizonOn: data?.horizonOn ?? null }, () => {
      for (const problem of problems) out.line(`${out.c.red('✗')} ${problem}`);
      if (data && problems.length === 0) {
        out.line(
          `${out.c.green('✓')} ${data.id} ${data.version}: ${data.off.length} days off, ${data.work.length} make-up workdays, ${data.fromOn} to ${data.horizonOn}`,
        );
      }
    });
    return problems.length ? EXIT.refused : EXIT.done;
  },
});

function problemsOf(data: z.output<typeof holidays>): string[] {
  const weekday = (on: string) => new Date(`${on}T00:00:00Z`).getUTCDay();
  const outside = (on: string) => on < data.fromOn || on > data.horizonOn;
  const repeated = (days: string[], name: string) =>
    days.filter((on, i) => days.indexOf(on) !== i).map((on) => `${name} lists ${on} twice`);
  return [
    ...(data.fromOn > data.horizonOn ? [`fromOn ${data.fromOn} is after horizonOn ${data.horizonOn}`] : []),
    ...[...data.off, ...data.work]
      .filter(outside)
      .map((on) => `${on} lies outside ${data.fromOn} to ${data.horizonOn}`),
    ...data.off.filter((on) => data.work.includes(on)).map((on) => `${on} is both off and worked`),
    ...data.work
      .filter((on) => weekday(on) !== 0 && weekday(on) !== 6)
      .map((on) => `${on} is no weekend: a make-up workday replaces a Saturday or Sunday`),
    ...repeated(data.off, 'off'),
    ...repeated(data.work, 'work'),
  ];
}
