import { z } from 'zod';
import { goesOnText } from '../acts.js';
import { command } from '../command.js';
import { closingText, lastWaiting } from '../closing.js';
import { CASE, caseNumber } from '../inputs.js';
import {
  answerPairs,
  caseColumns,
  clockColumns,
  dueText,
  linkPairs,
  messageColumns,
  openingTexts,
  standing,
} from '../views.js';

/** What became of a case's place on a trip. */
const PLACES = { booked: 'waits for its result', kept: 'has its result', released: 'left it' } as const;

export default command({
  name: 'case show',
  group: 'Cases',
  summary: 'a case: where it stands, its tasks, clocks and answers',
  examples: [
    'aftercare case show T20300304-001 --as li.na',
    'aftercare case show T20300304-001 --messages --as li.na --json',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    messages: z.boolean().default(false).describe('its messages too'),
  }),
  async run(ctx, { case: caseId, messages }) {
    const { out } = ctx;
    const { c } = out;
    const actor = await ctx.actor();
    const api = await ctx.open();
    const sheet = await api.sheet(caseId, actor.id);
    const asks = sheet.tasks.some((task) => task.status === 'open');
    const waits = sheet.row.status === 'open' && !asks ? await goesOnText(ctx, caseId) : '';
    out.either(sheet, () => {
      const { row } = sheet;
      const { moments } = ctx;
      out.line(`${c.bold(caseId)} · ${row.process} · ${standing(row)}`);
      const who = sheet.complainant;
      out.lines(
        out.pairs([
          [
            sheet.row.process === 'complaint' ? 'complainant' : 'customer',
            sheet.view === 'masked'
              ? 'hidden from you (PRV-02)'
              : [who?.customer?.name, who?.name, who?.phone].filter(Boolean).join(', ') ||
                (row.identity === 'named' ? null : row.identity),
          ],
          ['matter', openingTexts(sheet).join(' · ')],
          ['owner', c.cyan(row.owner)],
          ['received', moments.at(row.receivedAt)],
          ['opened', moments.at(row.openedAt)],
          ['closed', row.closedAt && moments.at(row.closedAt)],
          ['next due', row.status === 'open' && row.nextDueAt ? dueText(ctx, row.nextDueAt) : null],
          ['concerned', row.personsConcerned.join(', ')],
          ...linkPairs(row.relatedTo, sheet.timeline),
          ['on it', sheet.places?.map((place) => `${place.caseId} ${PLACES[place.status]}`).join(', ')],
        ]),
      );
      const opened = sheet.tasks.filter((task) => task.status === 'open');
      const last = row.status === 'closing' && opened.length === 0 ? lastWaiting(sheet.messages) : null;
      if (last) out.line(`  ${closingText(ctx, last)}`);
      out.line(c.bold('Open'));
      if (opened.length === 0) out.line(`  nothing${waits}`);
      out.lines(
        out.table(
          opened,
          [
            { head: 'task', cell: (task) => c.bold(task.key) },
            { head: 'due', cell: (task) => dueText(ctx, task.dueAt, task.provisional) },
            { head: 'who', cell: (task) => c.cyan(task.assignee ?? `any ${task.role}`) },
            { head: 'rule', cell: (task) => c.dim(task.rule) },
          ],
          2,
        ),
      );
      for (const task of sheet.tasks.filter((each) => each.answer !== null)) {
        const at = task.completedAt ? moments.at(task.completedAt) : '';
        out.line(`${c.bold(task.key)}  ${c.dim(at)}  ${c.cyan(task.completedBy ?? '')}`);
        out.lines(out.pairs(answerPairs(sheet, task.answer ?? {}, moments)));
        for (const fact of sheet.timeline.filter(
          (each) => each.what === 'taskCorrected' && each.data['key'] === task.key,
        )) {
          const correction = answerPairs(
            sheet,
            (fact.data['correction'] ?? {}) as Record<string, unknown>,
            moments,
          );
          const what = correction.map(([field, text]) => `${field} ${text}`).join(', ');
          out.line(
            `  ${c.yellow('corrected')}  ${what}  ${c.dim(`${moments.at(fact.at)}, ${fact.actor ?? ''}`)}`,
          );
        }
      }
      if (sheet.clocks.length) {
        out.line(c.bold('Clocks'));
        out.lines(out.table(sheet.clocks, clockColumns(ctx, api.policy.calendars), 2));
      }
      if (sheet.evidence.length) {
        out.line(c.bold('Evidence'));
        out.lines(
          out.pairs(
            sheet.evidence.map((file) => [
              file.field,
              `${file.name}, ${file.bytes} bytes, ${file.addedBy}, ${moments.at(file.addedAt)}`,
            ]),
          ),
        );
      }
      if (messages && sheet.messages.length) {
        out.line(c.bold('Messages'));
        out.lines(out.table(sheet.messages, messageColumns(ctx), 2));
      }
      if (sheet.related.length) {
        out.line(c.bold('Earlier cases'));
        out.lines(out.table(sheet.related, caseColumns(ctx), 2));
      }
    });
  },
});
