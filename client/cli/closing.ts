/** What a closing case still waits for: its outcome stands, its last messages leave at the hours allowed. */
import type { MessageRow } from '../../domain/case.js';
import type { Context } from './context.js';

/** The message a closing case still waits for: the last of those not yet out, or null. `at` null: it is on its way. */
export function lastWaiting(
  messages: readonly Pick<MessageRow, 'template' | 'notBefore' | 'status'>[],
): { template: string; at: string | null } | null {
  let last: { template: string; at: string | null } | null = null;
  for (const { template, notBefore: at, status } of messages)
    if (status === 'queued' || status === 'deferred')
      if (last === null || (at ?? '') > (last.at ?? '')) last = { template, at };
  return last;
}

/** `closes when its last message is out: Mon 09:00 (in 14 h), cmp.closed` */
export function closingText(ctx: Context, last: { template: string; at: string | null }): string {
  const when = last.at === null || ctx.moments.isPast(last.at) ? 'now' : ctx.moments.due(last.at);
  return `closes when its last message is out: ${when}, ${last.template}`;
}
