import { z } from 'zod';
import type { DeviceFlow, StockCount, StockLine } from '../../../domain/device-ledger.js';
import { saveFile } from '../../folders.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';

export default command({
  name: 'custody report',
  group: 'Custody',
  summary:
    'special devices in, out and in stock over a month or a year, as the city bureau is given it (REG-05)',
  examples: [
    'aftercare custody report',
    'aftercare custody report --month 2026-03 --serials --json',
    'aftercare custody report --year 2026 --out ledger-2026.pdf',
  ],
  input: z.strictObject({
    month: z
      .string()
      .regex(/^[1-9]\d{3}-(0[1-9]|1[0-2])$/, 'a month, YYYY-MM')
      .meta({ description: 'a month; default the last one that is over', value: 'YYYY-MM' })
      .optional(),
    year: z
      .string()
      .regex(/^[1-9]\d{3}$/, 'a year, YYYY')
      .meta({ description: 'a whole year instead', value: 'YYYY' })
      .optional(),
    serials: z.boolean().default(false).describe('also every device by its serial number'),
    out: z
      .string()
      .regex(/\.pdf$/i, 'a file name that ends in .pdf')
      .meta({ description: 'the printed form, in Chinese', value: 'FILE.pdf' })
      .optional(),
  }),
  notes: [
    'Stock is what is in our hands: in house, or on loan to an engineer. Opening + in - out = closing, always.',
    'Due at the bureau: a month by the 10th of the next, a year by the end of January.',
  ],
  async run(ctx, input) {
    const { out } = ctx;
    const api = await ctx.open();
    const period = periodOf(ctx, input);
    const { devices, ...report } = await api.stockReport(period);
    const by = await ctx.actorId();
    if (input.out !== undefined)
      await saveFile(
        input.out,
        await api.printStockReport({ ...report, devices }, { serials: input.serials, by }),
      );
    const { from, to, dueOn, over, asOf, lines, total } = report;
    const shown = {
      ...report,
      ...(input.serials ? { devices } : {}),
      ...(input.out === undefined ? {} : { savedAs: input.out }),
    };
    out.either(shown, () => {
      out.line(`${out.c.bold(period)}  ${from} to ${to}, due at the bureau by ${dueOn}`);
      if (!over) out.line(out.c.yellow(`not over yet: as of ${ctx.moments.at(asOf)}`));
      if (lines.length === 0) out.line('no special device was in stock in that time');
      else
        out.lines(
          out.table(
            [...lines, { family: 'total', model: '', ...total }],
            [
              { head: 'family', cell: (row) => out.c.bold(row.family) },
              { head: 'model', cell: (row) => row.model, elastic: true },
              ...COLUMNS.filter(
                ([, name]) => ALWAYS.includes(name) || lines.some((row) => row[name] !== 0),
              ).map(([head, name]) => ({ head, cell: (row: StockLine) => String(row[name]) })),
            ],
          ),
        );
      if (input.serials)
        out.lines(
          out.table(devices, [
            { head: 'serial', cell: (row) => out.c.bold(row.item) },
            { head: 'family', cell: (row) => row.family },
            { head: 'model', cell: (row) => row.model, elastic: true },
            { head: 'opening', cell: (row) => (row.opening ? '1' : '0') },
            { head: 'in and out', cell: (row) => row.flows.map((flow) => flowText(ctx, flow)).join(', ') },
            { head: 'with at the end', cell: (row) => out.c.cyan(row.holder) },
          ]),
        );
      if (input.out !== undefined) out.line(`${out.c.green('✓')} saved as ${input.out}`);
    });
  },
});

const COLUMNS: readonly (readonly [head: string, name: keyof StockCount])[] = [
  ['opening', 'opening'],
  ['imported', 'imported'],
  ['from manufacturer', 'fromManufacturer'],
  ['from customers', 'fromCustomers'],
  ['found', 'found'],
  ['issued', 'issued'],
  ['to manufacturer', 'toManufacturer'],
  ['lost', 'lost'],
  ['closing', 'closing'],
  ['in house', 'inHouse'],
  ['on loan', 'onLoan'],
];

/** Printed though all of it is nothing. */
const ALWAYS: readonly (keyof StockCount)[] = ['opening', 'closing', 'inHouse', 'onLoan'];

/** @throws UsageError for both, or for a time that has not begun */
function periodOf(
  ctx: Context,
  { month, year }: { month?: string | undefined; year?: string | undefined },
): string {
  if (month !== undefined && year !== undefined)
    throw new UsageError('usage.value', '--month and --year name two times', 'one of them', '--year');
  const today = ctx.moments.dayKey(ctx.moments.now);
  const period = month ?? year ?? lastMonth(today);
  if (period <= today.slice(0, period.length)) return period;
  const flag = month === undefined ? '--year' : '--month';
  throw new UsageError('usage.value', `${flag} ${period} lies in the future`, `today is ${today}`, flag);
}

function lastMonth(today: string): string {
  const [year = 0, month = 0] = today.split('-').map(Number);
  return month === 1 ? `${year - 1}-12` : `${year}-${String(month - 1).padStart(2, '0')}`;
}

function flowText({ moments }: Context, { at, flow, undone }: DeviceFlow): string {
  return `${moments.dayKey(at)} ${flow}${undone ? ' undone' : ''}`;
}
